package discovery

import (
	"testing"
	"time"

	"haggle/internal/lanrig"
)

func TestTwoHosts(t *testing.T) {
	lan := lanrig.Up(t, 2)
	a := startHost(t, lan, 1, 1)
	b := startHost(t, lan, 2, 2)
	t.Log(a.sees(5*time.Second, 2, nil), b.sees(5*time.Second, 1, nil))
	t.Logf("%+v", a.state())
	b.quit()
	a.misses(time.Second, 2)
}
