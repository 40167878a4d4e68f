package main

import (
	"fmt"
	"slices"
	"strings"
)

// bound is which side of a limit is good.
type bound string

const (
	atLeast bound = ">="
	atMost  bound = "<="
)

func title(format string, args ...any) { fmt.Printf("\n"+format+"\n", args...) }

// row prints a line of a table: a name, and words or figures.
func row(name string, cells ...any) {
	var b strings.Builder
	fmt.Fprintf(&b, "  %-28s", name)
	for _, cell := range cells {
		switch c := cell.(type) {
		case float64:
			fmt.Fprintf(&b, "%13s", number(c))
		default:
			fmt.Fprintf(&b, "%13v", c)
		}
	}
	fmt.Println(b.String())
}

// number is a figure with as many digits as say something.
func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// goal prints a figure that was measured some times beside its limit, and whether the median keeps it.
func goal(what string, values []float64, b bound, limit float64) {
	m := median(values)
	verdict := "met"
	if b == atLeast && m < limit || b == atMost && m > limit {
		verdict = "MISSED"
	}
	fmt.Printf("  %-52s %8s  (%s-%s)  goal %s %s  %s\n", what, number(m),
		number(slices.Min(values)), number(slices.Max(values)), b, number(limit), verdict)
}

// fact prints a figure that has no limit.
func fact(what string, values []float64) {
	fmt.Printf("  %-52s %8s  (%s-%s)\n", what, number(median(values)), number(slices.Min(values)), number(slices.Max(values)))
}
