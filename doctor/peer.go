package doctor

import (
	"slices"

	"haggle/chat"
)

// peer tells of one peer: whether it can be reached, and what is wrong between the two.
func (r *report) peer(p chat.PeerFacts) {
	if p.Linked {
		r.pass(PeerReach, words{"%s is linked.", "已与 %s 连接。"}, called(p))
		r.peerPort(p)
		r.peerMulticast(p)
	} else {
		r.absent(p)
	}
	if p.Version != "" && !tried(p, chat.ReachOther) {
		r.pass(PeerVersion, words{"%s runs Haggle %s.", "%s 使用 Haggle %s。"}, called(p), p.Version)
	}
}

// tried reports whether one of a peer's addresses came to that.
func tried(p chat.PeerFacts, reach chat.Reach) bool { return at(p, reach) != "" }

// at is the first of a peer's addresses that came to that.
func at(p chat.PeerFacts, reach chat.Reach) string {
	for _, t := range p.Tried {
		if t.Reach == reach {
			return t.Address
		}
	}
	return ""
}

// peerPort tells of a peer that is linked because it dialled, and could not be dialled.
func (r *report) peerPort(p chat.PeerFacts) {
	if len(p.Tried) == 0 {
		return
	}
	if address := at(p, chat.ReachProven); address != "" {
		r.pass(PeerPort, words{"%s can be dialled at %s.", "可以连接 %s（%s）。"}, called(p), address)
		return
	}
	r.fail(PeerPort, r.openThere(p), words{
		"The machine of %s lets nobody in: it answers nothing at %s. The link stands because %[1]s dialled.",
		"%s 的机器不接受传入连接：%s 没有应答。当前连接由 %[1]s 主动建立。",
	}, called(p), p.Tried[0].Address)
}

// openThere is what to do about another's firewall.
func (r *report) openThere(p chat.PeerFacts) string {
	return r.say(words{
		"On the machine of %s, allow Haggle in the firewall: its TCP port and UDP port 5353, on private networks.",
		"请在 %s 的机器上，在防火墙中允许 Haggle（专用网络）：其 TCP 端口和 UDP 端口 5353。",
	}, called(p))
}

// peerMulticast tells which of two on one network hears the other.
func (r *report) peerMulticast(p chat.PeerFacts) {
	if !p.Answered || !p.OnLink || !r.Discovers {
		return
	}
	name := called(p)
	switch {
	case !p.Discovers:
		r.pass(PeerMulticast, words{
			"%s does not look for people: started with --no-discovery.", "%s 以 --no-discovery 启动，不会自动寻找其他人。",
		}, name)
	case p.Heard && p.HearsUs:
		r.pass(PeerMulticast, words{"This machine and that of %s hear each other's announcements.", "本机与 %s 能互相收到广播。"}, name)
	case !p.HearsSelf && p.EchoesSelf:
		r.fail(PeerMulticast, r.say(words{
			"On the machine of %s, allow Haggle to receive on UDP port 5353.", "请在 %s 的机器上允许 Haggle 接收 UDP 端口 5353。",
		}, name), words{"UDP port 5353 is blocked on the machine of %s.", "%s 的机器阻止了 UDP 端口 5353。"}, name)
	case !p.HearsSelf:
		r.fail(PeerMulticast, r.openThere(p), words{
			"The machine of %s lets nothing in: not even its own announcements.", "%s 的机器阻止了所有传入数据，连自己的广播也收不到。",
		}, name)
	case r.deaf():
		r.fail(PeerMulticast, r.openUDP(), words{
			"Announcements of %s do not come in: this machine keeps them out.", "收不到 %s 的广播：被本机阻止了。",
		}, name)
	case p.Heard:
		r.fail(PeerMulticast, r.unfilter(), words{
			"Multicast passes one way only: %s is heard here, this machine is not heard there.", "多播只能单向传递：本机能收到 %s 的广播，对方收不到本机的。",
		}, name)
	case p.HearsUs:
		r.fail(PeerMulticast, r.unfilter(), words{
			"Multicast passes one way only: this machine is heard at %s, but not the other way round.", "多播只能单向传递：%s 能收到本机的广播，本机收不到对方的。",
		}, name)
	default:
		r.fail(PeerMulticast, r.unfilter(), words{
			"The network filters multicast between this machine and that of %s.", "网络过滤了本机与 %s 之间的多播。",
		}, name)
	}
}

// absent tells why somebody is not linked.
func (r *report) absent(p chat.PeerFacts) {
	name := called(p)
	apart := r.say(words{
		"Guest Wi-Fi often keeps machines apart (“AP isolation”): use another network or a cable, or have it switched off.",
		"访客 Wi-Fi 常会隔离设备（“AP 隔离”）：请换一个网络、改用网线，或关闭该隔离。",
	})
	switch {
	case tried(p, chat.ReachProven):
		r.pass(PeerReach, words{"%s answers at %s and is linked when there is something to say.", "%s 在 %s 有应答，需要时会建立连接。"}, name, at(p, chat.ReachProven))
	case tried(p, chat.ReachStranger):
		r.fail(PeerReach, r.say(words{
			"Ask %s for a new invite: the address now belongs to another machine, or somebody poses as %[1]s.",
			"请向 %s 索取新的邀请：该地址现属于另一台机器，或有人冒充 %[1]s。",
		}, name), words{"Wrong identity: at %s somebody else answers, not %s.", "身份不符：在 %s 应答的不是 %s。"}, at(p, chat.ReachStranger), name)
	case tried(p, chat.ReachOther):
		r.fail(PeerReach, r.say(words{"Use the newest Haggle on both sides.", "请双方都使用最新版本的 Haggle。"}), words{
			"What answers at %s speaks another protocol than this Haggle%s.", "在 %s 应答的程序使用的协议与本机不同%s。",
		}, at(p, chat.ReachOther), r.versionOf(p))
	case tried(p, chat.ReachRefused):
		r.fail(PeerReach, r.say(words{"Start Haggle there.", "请在对方机器上启动 Haggle。"}), words{
			"The machine of %s is there, but no Haggle answers at %s.", "%s 的机器在线，但 %s 没有 Haggle 应答。",
		}, name, at(p, chat.ReachRefused))
	case len(p.Tried) == 0:
		r.fail(PeerReach, r.say(words{"Ask for an invite and add it.", "请索取邀请并添加。"}), words{
			"No address of %s is known.", "不知道 %s 的地址。",
		}, name)
	case len(p.LinkedTo) > 0 && tried(p, chat.ReachNoRoute):
		r.fail(PeerReach, apart, words{
			"The network keeps this machine and that of %s apart: %s is linked with %[1]s, but from here the machine cannot be found.",
			"网络隔离了本机与 %s 的机器：%s 已与 %[1]s 连接，但从本机找不到那台机器。",
		}, name, r.callAll(p.LinkedTo))
	case len(p.LinkedTo) > 0:
		r.fail(PeerReach, apart, words{
			"%s is linked with %s, but nothing answers from here: the network keeps the two machines apart, or a firewall there lets in only some.",
			"%s 已与 %s 连接，但从本机没有应答：网络隔离了两台机器，或对方防火墙只放行部分连接。",
		}, r.callAll(p.LinkedTo), name)
	case p.Alive:
		r.fail(PeerReach, r.openThere(p), words{
			"%s announces itself, but its machine lets nobody in: nothing answers at %s.", "%s 在广播自己，但其机器不接受传入连接：%s 没有应答。",
		}, name, p.Tried[0].Address)
	case slices.ContainsFunc(p.Tried, func(t chat.Trial) bool { return t.Reach == chat.ReachNoRoute }):
		r.fail(PeerReach, apart, words{
			"The machine of %s cannot be found at %s: it is off or elsewhere, or the network keeps machines apart.",
			"在 %[2]s 找不到 %[1]s 的机器：它已关机、不在此处，或网络隔离了设备。",
		}, name, p.Tried[0].Address)
	default:
		r.fail(PeerReach, r.say(words{
			"See that Haggle runs there, and ask for a new invite if the address is another now.", "请确认对方正在运行 Haggle；如果地址已变，请索取新的邀请。",
		}), words{
			"Nothing answers where %s was met: %s.", "%s 曾用的地址没有应答：%s。",
		}, name, p.Tried[0].Address)
	}
}

func (r *report) versionOf(p chat.PeerFacts) string {
	if p.Version == "" {
		return ""
	}
	return r.say(words{" (version %s)", "（版本 %s）"}, p.Version)
}
