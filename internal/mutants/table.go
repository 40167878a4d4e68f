package main

// mutant is one fault and the test that must notice it.
type mutant struct {
	name     string
	file     string // of the repository, with slashes
	old, new string // the one place to break, and how
	pkg      string
	test     string // -run
}

var table = []mutant{
	{
		name: "wrong-room", file: "chat/id.go",
		old: `tagged("haggle room v1\x00", buyer[:], seller[:])`, new: `tagged("haggle room v1\x00", seller[:], buyer[:])`,
		pkg: "./chat", test: "TestRoomForGolden",
	},
	{
		name: "receipt-before-sync", file: "chat/sync.go",
		old: "	n.stage(&step{\n		records: append(records, GroupRecord{Log: log.id, Group: g, At: n.nowMilli(), ClockOff: clockOff, Stranger: stranger}),",
		new: "	log.durable = at\n	n.sendReceipt(log)\n	n.stage(&step{\n		records: append(records, GroupRecord{Log: log.id, Group: g, At: n.nowMilli(), ClockOff: clockOff, Stranger: stranger}),",
		pkg: "./internal/sim", test: "TestSeeds",
	},
	{
		name: "gap-accepted", file: "chat/sync.go",
		old: "	if g.First() > log.staged.seq+1 {\n		return ErrGap\n	}\n", new: "",
		pkg: "./internal/sim", test: "TestSeeds",
	},
	{
		name: "duplicate-accepted", file: "chat/sync.go",
		old: "	if g.First() <= log.staged.seq {\n		return n.compare(log, g, author)\n	}\n", new: "",
		pkg: "./internal/sim", test: "TestSeeds",
	},
	{
		name: "order-by-wall-clock", file: "chat/entry.go",
		old: "	return min(max(c+1, wall), MaxClock)", new: "	return min(wall, MaxClock)",
		pkg: "./internal/sim", test: "TestSeeds",
	},
	{
		name: "signature-unchecked", file: "chat/entry.go",
		old: "	if !ed25519.Verify(author[:], entryMessage(last.Hash()), g.Signature[:]) {", new: "	if last == nil {",
		pkg: "./chat", test: "TestHP27",
	},
	{
		name: "no-have-on-link-up", file: "chat/presence.go",
		old: "	n.sendHave(l, Buyer, false)\n	n.sendHave(l, Seller, false)\n", new: "",
		pkg: "./chat", test: "TestLinkUpSaysHave",
	},
	{
		name: "heads-not-rolled-back", file: "chat/commit.go",
		old: "	for id := range lost {\n		n.forgetMemory(id)\n	}\n", new: "",
		pkg: "./internal/sim", test: "TestSeeds",
	},
	{
		name: "receipt-for-any-version", file: "chat/sync.go",
		old: "	if c == nil {\n		return // its Have", new: "	if c == nil {\n		c = &cursor{next: 1} // its Have",
		pkg: "./chat", test: "TestReceiptForAnotherVersion",
	},
	{
		name: "old-device-after-roll-back", file: "chat/mend.go",
		old: "	n.self.Device = device\n", new: "",
		pkg: "./internal/sim", test: "TestSeeds",
	},
	{
		name: "no-quota-for-strangers", file: "chat/sync.go",
		old: "	stranger := !r.state.Accepted && log.id.Author != r.mine\n", new: "	stranger := r == nil\n",
		pkg: "./chat", test: "TestA7",
	},
	{
		name: "sync-skipped", file: "storage/journal/journal.go",
		old: "	if sync {\n		return first, j.Sync()\n	}\n", new: "",
		pkg: "./storage/journal", test: "TestPower",
	},
	{
		name: "manifest-unchecked", file: "storage/preflight.go",
		old: "		return fmt.Errorf(\"%w: MANIFEST is missing\", errDamaged)\n", new: "		return nil\n",
		pkg: "./storage", test: "TestMissingManifest",
	},
	{
		name: "blob-unverified", file: "storage/blobs.go",
		old: "		if err == nil && sha256.Sum256(data) == h {\n", new: "		if err == nil {\n",
		pkg: "./storage", test: "TestBlobDamage",
	},
	{
		name: "last-reference-ignored", file: "storage/commit.go",
		old: "	db.blobs.referred(s.references, s.adopted)\n", new: "",
		pkg: "./storage", test: "TestOneFileForManyRooms",
	},
	{
		name: "certificate-for-another", file: "peer/tls.go",
		old: "	case len(state.PeerCertificates) != 1:\n", new: "	case false:\n",
		pkg: "./peer", test: "TestHP8",
	},
	{
		name: "sanitiser-off", file: "text/clean.go",
		old: "	clean, _ := cleaned(s, 0)\n	return clean\n", new: "	return s\n",
		pkg: "./text", test: "TestClean",
	},
	{
		name: "receipts-go-back", file: "chat/apply.go",
		old: "	m.Delivered, m.Read = max(m.Delivered, delivered), max(m.Read, read)\n", new: "	m.Delivered, m.Read = delivered, read\n",
		pkg: "./chat/storetest", test: "TestMem",
	},
	{
		name: "blob-for-any-hash", file: "chat/pictures.go",
		old: "		return err == nil && body.Image != nil && body.Image.Hash == w.Hash", new: "		return err == nil && body.Image != nil",
		pkg: "./chat", test: "TestBlobsOpenOnlyFromTheirPlace",
	},
	{
		name: "photos-of-hidden-goods", file: "chat/pictures.go",
		old: "		return err == nil && listing.Status != Hidden && listing.Goods != nil &&", new: "		return err == nil && listing.Goods != nil &&",
		pkg: "./chat", test: "TestBlobsOpenOnlyFromTheirPlace",
	},
	{
		name: "chunk-from-anybody", file: "chat/fetch.go",
		old: "f == nil || f.from != l || f.finished || c.Offset", new: "f == nil || f.finished || c.Offset",
		pkg: "./chat", test: "TestHP39ChunksNobodyAskedFor",
	},
	{
		name: "strangers-picture-fetched", file: "chat/sync.go",
		old: "		if r.state.Accepted {\n			n.wantEntry", new: "		if r.stored {\n			n.wantEntry",
		pkg: "./chat", test: "TestA7StrangersPictureWaits",
	},
	{
		name: "parcel-acknowledged-before-sync", file: "chat/unpack.go",
		old: "	n.stage(&step{soft: true, room: r.id, then: func(err error) {\n		if err != nil || log.durable.seq < last {",
		new: "	end(result)\n	n.stage(&step{soft: true, room: r.id, then: func(err error) {\n		end := func(verdict) {}\n		if err != nil || log.durable.seq < last {",
		pkg: "./internal/sim", test: "TestCarry",
	},
	{
		name: "parcel-for-anybody", file: "chat/carry.go",
		old: "	for _, c := range n.carried[l.remote.Peer] {\n		if c.ID == id {\n			return c\n		}\n	}\n",
		new: "	for _, all := range n.carried {\n		for _, c := range all {\n			if c.ID == id {\n				return c\n			}\n		}\n	}\n",
		pkg: "./chat", test: "TestCarry",
	},
	{
		name: "carried-picture-of-a-stranger", file: "chat/unpack.go",
		old: "	case err != nil, !r.state.Accepted:\n", new: "	case err != nil:\n",
		pkg: "./chat", test: "TestCarriedPicture",
	},
	{
		name: "guest-forgotten-before-durable", file: "take/talk.go",
		old: "	if err := k.hear(channel, keeps); err != nil {", new: "	forget()\n	if err := k.hear(channel, keeps); err != nil {",
		pkg: "./take", test: "TestSpoiltContent",
	},
	{
		name: "another-key-at-the-address", file: "peer/tls.go",
		old: "!want.IsZero() && id != want", new: "!want.IsZero() && id.IsZero()",
		pkg: "./peer", test: "TestHP1WrongKey",
	},
	{
		name: "verify-peer-certificate", file: "peer/tls.go",
		old: "		VerifyConnection: func(state tls.ConnectionState) error {\n			id, err := provenPeer(state)", new: "		VerifyPeerCertificate: func([][]byte, [][]*x509.Certificate) error {\n			id, err := want, error(nil)",
		pkg: "./peer", test: "TestHP1WrongKey",
	},
	{
		name: "blocked-is-linked", file: "peer/links.go",
		old: "		case n.blocks(l.Peer):\n			return errBlocked\n", new: "",
		pkg: "./peer", test: "TestHP3Blocked",
	},
	{
		name: "no-deadline-to-hello", file: "peer/accept.go",
		old: "context.WithTimeout(ctx, helloLimit)", new: "context.WithTimeout(ctx, time.Hour)",
		pkg: "./peer", test: "TestHP13",
	},
	{
		name: "connections-unlimited", file: "peer/guard.go",
		old: "p == nil || !p.rate.Allow() || p.open >= maxPerAddress || g.open >= maxConnections-reservedForDials", new: "p == nil",
		pkg: "./peer", test: "TestHP45HP46",
	},
	{
		name: "read-at-any-speed", file: "peer/pace.go",
		old: "	if wait == 0 {", new: "	if wait >= 0 {",
		pkg: "./peer", test: "TestHP30Flood",
	},
	{
		name: "frame-of-any-length", file: "peer/wire/frame.go",
		old: "	if size > uint64(min(limit, MaxFrame)) {", new: "	if false {",
		pkg: "./peer/wire", test: "TestHP41",
	},
	{
		name: "fields-uncounted", file: "peer/wire/frame.go",
		old: "	if countFields(raw, 2) > maxFields {", new: "	if false {",
		pkg: "./peer/wire", test: "TestHP48",
	},
	{
		name: "chain-unchecked", file: "chat/sync.go",
		old: "	if first.Previous != log.staged.hash {", new: "	if false {",
		pkg: "./chat", test: "TestHP26",
	},
	{
		name: "fork-unseen", file: "chat/sync.go",
		old: "	return ErrFork\n}", new: "	return errHeld\n}",
		pkg: "./chat", test: "TestHP25",
	},
	{
		name: "evidence-uncounted", file: "chat/sync.go",
		old: "		more, ok := s.charge(len(evidence), n.strangers)", new: "		more, ok := s.charge(0, n.strangers)",
		pkg: "./chat", test: "TestHP25Evidence",
	},
	{
		name: "request-costs-its-words", file: "chat/room.go",
		old: "	return uint64(s.StrangerBytes) + RequestBytes", new: "	return uint64(s.StrangerBytes)",
		pkg: "./chat", test: "TestA7ManyRequests",
	},
	{
		name: "catalogue-unlimited", file: "chat/market.go",
		old: "if more > 0 && int(p.market)+p.coming+growth+more > CatalogueBytes", new: "if more < 0",
		pkg: "./chat", test: "TestHP37",
	},
	{
		name: "log-without-end", file: "chat/complaint.go",
		old: "	return m.count <= most\n", new: "	return true\n",
		pkg: "./chat", test: "TestHP48FewLines",
	},
	{
		name: "known-name-untold", file: "chat/names.go",
		old: "id != renamed &&", new: "false && id != renamed &&",
		pkg: "./chat", test: "TestHP19",
	},
	{
		name: "look-alikes-off", file: "text/skeleton.go",
		old: "	if like, ok := lookalikes[r]; ok {\n		return like\n	}\n", new: "",
		pkg: "./text", test: "TestSkeletonAlike",
	},
	{
		name: "pixels-uncounted", file: "picture/header.go",
		old: "	case h.pixels() > l.pixels:", new: "	case h.pixels() < 0:",
		pkg: "./picture", test: "TestHP49",
	},
	{
		name: "foreign-bytes-pass", file: "picture/check.go",
		old: `	if h.foreign != "" {`, new: "	if false {",
		pkg: "./picture", test: "TestHP56",
	},
	{
		name: "reserve-off", file: "storage/storage.go",
		old: "	if free < db.opts.MinFree+uint64(n) {", new: "	if free == 1<<63 {",
		pkg: "./storage", test: "TestReserve",
	},
	{
		name: "record-unchecked", file: "storage/journal/frame.go",
		old: "	return f, crc32.Update(sum, castagnoli, f.payload) == binary.LittleEndian.Uint32(h[28:])", new: "	return f, crc32.Update(sum, castagnoli, f.payload) != 1",
		pkg: "./storage/journal", test: "TestDamage",
	},
	{
		name: "pages-without-end", file: "chat/market.go",
		old: "	if wait := time.Until(l.paged); wait > 0 {", new: "	if wait := time.Until(l.paged); wait > time.Hour {",
		pkg: "./chat", test: "TestHP37Asks",
	},
	{
		name: "names-without-end", file: "chat/market.go",
		old: "	if wait := time.Until(p.renamed); wait > 0 {", new: "	if wait := time.Until(p.renamed); wait > time.Hour {",
		pkg: "./chat", test: "TestHP18NamesWithoutEnd",
	},
	{
		name: "peers-without-end", file: "chat/presence.go",
		old: "	return proven >= MaxPeers", new: "	return proven < 0",
		pkg: "./chat", test: "TestHP36EndlessIdentities",
	},
	{
		name: "drafts-in-the-open", file: "storage/locks.go",
		old: "	if l.sealing {\n		return l.files.Seal(name, content)", new: "	if l.sealing && name == \"\" {\n		return l.files.Seal(name, content)",
		pkg: "./storage", test: "TestNothingReadable",
	},
	{
		name: "sealed-anywhere", file: "storage/journal/seal.go",
		old: "	p = binary.LittleEndian.AppendUint64(p, f.number)\n	return append(p, f.typ)", new: "	return p",
		pkg: "./storage/journal", test: "TestForged",
	},
	{
		name: "change-half-done", file: "storage/change.go",
		old: "db.changing = db.opts.Key != nil && !fresh && (under || format != want)", new: "db.changing = db.opts.Key != nil && !fresh && (under && format != want || format != want)",
		pkg: "./storage", test: "TestChangeStops",
	},
	{
		name: "restored-writes-at-once", file: "chat/restored.go",
		old: "	if n.restored.until.IsZero() || time.Now().After(n.restored.until) {", new: "	if r != nil {",
		pkg: "./chat", test: "TestRestoredTakesBackFirst",
	},
	{
		name: "backup-cut-short", file: "backup/backup.go",
		old: "	if text != strconv.Itoa(n) {", new: "	if text == \"\" {",
		pkg: "./backup", test: "TestForeignArchives",
	},
}
