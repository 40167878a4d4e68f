package ui

import (
	"context"
	"io"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"haggle/chat"
	"haggle/doctor"
)

// examined is how long a report waits for the network doctor.
const examined = 8 * time.Second

// saveReport asks where a report for whoever helps goes, and writes it there.
func (a *App) saveReport() {
	k := a.kit
	k.saveAs(saving{
		title: k.say("report.title"), hint: k.say("report.hint"), path: k.freePath("haggle-report", ".zip"), tell: k.toast,
		write: func(w io.Writer) error { return a.cfg.Report(w, k.network()) },
	})
}

// reporter is saveReport, or nil where there are no reports.
func (a *App) reporter() func() {
	if a.cfg.Report == nil {
		return nil
	}
	return a.saveReport
}

// network is what the doctor finds, in English and without anybody's name. It waits for that; none if it fails.
func (k *kit) network() (lines []string) {
	ctx, stop := context.WithTimeout(k.ctx, examined)
	defer stop()
	found, err := k.node.Diagnose(ctx, chat.PeerID{})
	if err != nil {
		k.log.Error("Network not examined", "err", err)
		return nil
	}
	return unnamed(found)
}

// unnamed are the doctor's lines without anybody's name.
func unnamed(found chat.Diagnosis) (lines []string) {
	for i := range found.Peers {
		found.Peers[i].Name = "" // the doctor says its ID then, which the report makes a mark of
	}
	for _, c := range doctor.Report(found, doctor.English) {
		mark := "pass: "
		if !c.OK {
			mark = "fail: "
		}
		lines = append(lines, mark+c.Detail)
	}
	return lines
}

// tellOfCrash says that the last run of the program ended with a crash, and where what is known of it is.
func (a *App) tellOfCrash() {
	k := a.kit
	path := a.cfg.Crashed
	if path == "" {
		return
	}
	var m *modal
	done := newButton(primary, "", k.say("do.close"), func() { m.close() })
	buttons := []fyne.CanvasObject{done}
	if a.cfg.Report != nil {
		buttons = []fyne.CanvasObject{newButton(tonal, "save", k.say("report.save"), func() {
			m.close()
			a.saveReport()
		}), done}
	}
	m = showModal(k, 480, newColumn(12,
		newParagraph(k.say("crash.title"), sizeStrong, colorText).strong(),
		newParagraph(k.say("crash.hint"), sizeBody, colorMuted),
		newPanel(colorRaised, radius, inset(grid, grid, gutter, grid, newRow(grid, 0,
			newParagraph(path, sizeCaption, colorText),
			newIconButton("copy", k.say("crash.copy"), func() { k.copy(path) })))),
		inset(grid, 0, 0, 0, container.New(toRight{grid}, buttons...)),
	), done)
}
