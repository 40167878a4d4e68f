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
		pkg: "./storage", test: "TestDamage",
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
}
