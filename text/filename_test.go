package text_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"haggle/text"
)

func TestHP59FileNames(t *testing.T) {
	for in, want := range map[string]string{
		"":                                    "unnamed",
		".":                                   "unnamed",
		"..":                                  "unnamed",
		"...":                                 "unnamed",
		"   ":                                 "unnamed",
		"\u200b\u202e":                        "unnamed",
		"/":                                   "unnamed",
		"____":                                "unnamed",
		".jpg":                                "unnamed.jpg",
		"bicycle.jpg":                         "bicycle.jpg",
		"Bicycle, red (used) + pump.JPEG":     "Bicycle, red (used) + pump.jpeg",
		"自行车 九成新.png":                         "自行车 九成新.png",
		"自行车“九成新”￥300":                        "自行车_九成新_￥300",
		"../../etc/passwd":                    "etc_passwd",
		`..\..\evil.lnk`:                      "evil_lnk",
		"/etc/passwd":                         "etc_passwd",
		`C:\Windows\system32\cmd.exe`:         "C_Windows_system32_cmd_exe",
		`\\host\share\x.png`:                  "host_share_x.png",
		"//host/share/x.png":                  "host_share_x.png",
		"file.txt:evil.exe":                   "file_txt_evil_exe",
		"x.png::$DATA":                        "x_png_DATA",
		"x.png\u202egnp.exe":                  "x_pnggnp_exe",
		"x.exe\u202e.png":                     "x_exe.png",
		"CON":                                 "CON_",
		"con":                                 "con_",
		"Con.jpg":                             "Con_.jpg",
		"nul.tar.gz":                          "nul_tar_gz",
		"AUX ":                                "AUX_",
		"COM1.txt":                            "COM1_.txt",
		"COM¹.txt":                            "COM¹_.txt",
		"ＬＰＴ９":                                "ＬＰＴ９_",
		"CONIN$":                              "CONIN_",
		"console.txt":                         "console.txt",
		"trailing.":                           "trailing",
		"trailing.jpg. . ":                    "trailing_jpg",
		"trailing .jpg":                       "trailing.jpg",
		"-rf.txt":                             "rf.txt",
		"~root":                               "root",
		"$(reboot).jpg":                       "(reboot).jpg",
		"`reboot`;&|<>*?\"'%PATH%!{}[]#^.png": "reboot_PATH.png",
		"a\x00b\nc\td.gif":                    "ab c d.gif",
		"\xff\xfe.jpg":                        "unnamed.jpg",
		"full／width＼and∕like：x.jpg":           "full_width_and_like_x.jpg",
		"desktop.ini":                         "desktop_ini",
		".bashrc":                             "bashrc",
		"x.url":                               "x_url",
		"e\u0301.jpg":                         "é.jpg",
		"/\u0301\u0301x":                      "x",
	} {
		if got := text.FileName(in); got != want {
			t.Errorf("FileName(%+q) = %q, want %q", in, got, want)
		}
		checkFileName(t, text.FileName(in))
	}
	for _, long := range []string{
		strings.Repeat("x", 300), strings.Repeat("x", 300) + ".jpg", strings.Repeat("名", 300) + ".jpg", strings.Repeat("👩\u200d👩\u200d👧", 300),
		strings.Repeat(".", 300), strings.Repeat("a.", 300), strings.Repeat("a ", 70) + ".png", strings.Repeat("x/", 5000) + ".jpeg",
	} {
		checkFileName(t, text.FileName(long))
	}
	if got := text.FileName(strings.Repeat("名", 300) + ".jpg"); len(got) < 130 || !strings.HasSuffix(got, "名.jpg") {
		t.Errorf("a long name became %q", got)
	}
}

var device = regexp.MustCompile(`(?i)^(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|CLOCK\$|(COM|LPT)[0-9¹²³])[ ]*([.:].*)?$`)

// checkFileName holds a file name against what every system asks for.
func checkFileName(t *testing.T, name string) {
	t.Helper()
	checkClean(t, name)
	base := strings.TrimSuffix(name, filepath.Ext(name))
	switch {
	case !filepath.IsLocal(name), filepath.Base(name) != name, device.MatchString(name):
		t.Errorf("%q is not the name of a file here", name)
	case name == "", len(name) > 140, !utf8.ValidString(name):
		t.Errorf("%q has %d bytes", name, len(name))
	case strings.ContainsAny(name, "/\\:*?\"<>|$`'%;&!^~{}[]#\x00\n\t"), strings.Contains(base, "."):
		t.Errorf("%q has characters that mean something", name)
	case strings.TrimLeft(name, " .-") != name, strings.TrimRight(name, " .") != name, base == "":
		t.Errorf("%q begins or ends badly", name)
	case text.FileName(name) != name:
		t.Errorf("FileName(%q) = %q", name, text.FileName(name))
	}
}
