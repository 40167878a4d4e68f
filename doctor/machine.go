package doctor

import (
	"slices"
	"strings"
	"time"

	"haggle/chat"
)

// reasons say why an interface is not used, by peer/discovery's words.
var reasons = map[string]words{
	"down":         {"switched off", "已停用"},
	"noCarrier":    {"no cable or Wi-Fi network", "未插网线或未连接 Wi-Fi"},
	"loopback":     {"leads nowhere", "本机回环"},
	"pointToPoint": {"a VPN or a modem", "VPN 或拨号设备"},
	"noMulticast":  {"cannot carry announcements", "不支持多播"},
	"virtual":      {"of a container, a virtual machine or a VPN", "容器、虚拟机或 VPN 的接口"},
	"notNamed":     {"--interface names others", "--interface 指定了其他接口"},
	"absent":       {"this machine has none of that name", "本机没有这个接口"},
	"noAddress":    {"no address", "没有地址"},
	"tooMany":      {"enough others are used", "已使用足够多的接口"},
	"failed":       {"its multicast port cannot be opened", "无法打开多播端口"},
}

// used are the interfaces in use.
func (r *report) used() (out []chat.InterfaceFacts) {
	for _, i := range r.Interfaces {
		if i.Unused == "" {
			out = append(out, i)
		}
	}
	return out
}

func namesOf(list []chat.InterfaceFacts) (names []string) {
	for _, i := range list {
		names = append(names, i.Name)
	}
	return names
}

// network reports whether there is one.
func (r *report) network() bool {
	var unused []string
	dormant, failing, off := false, false, false
	for _, i := range r.Interfaces {
		if i.Unused == "" || i.Unused == "loopback" {
			continue
		}
		why, known := reasons[i.Unused]
		if !known {
			why = words{i.Unused, i.Unused}
		}
		unused = append(unused, r.say(words{"%s (%s)", "%s（%s）"}, i.Name, r.say(why)))
		dormant = dormant || slices.Contains([]string{"virtual", "pointToPoint", "notNamed"}, i.Unused)
		failing = failing || i.Unused == "failed"
		off = off || slices.Contains([]string{"down", "noCarrier", "noAddress"}, i.Unused)
	}
	rest := ""
	if len(unused) > 0 {
		rest = r.say(words{" Not used: %s.", "未使用：%s。"}, r.list(unused))
	}
	used := r.used()
	if len(used) > 0 {
		var list []string
		for _, i := range used {
			list = append(list, r.say(words{"%s (%s)", "%s（%s）"}, i.Name, strings.Join(i.Addresses, " ")))
		}
		r.pass(Network, words{"This machine is on a network.", "本机已连接网络。"})
		r.pass(Interfaces, words{"Used: %s.%s", "使用中：%s。%s"}, r.list(list), rest)
		return true
	}
	plug := r.say(words{
		"Plug in the cable or join a Wi-Fi network; Haggle notices by itself.", "请插好网线或连接 Wi-Fi，Haggle 会自动察觉。",
	})
	r.fail(Network, plug, words{"No network: this machine is on none that Haggle could use.", "没有网络：本机没有连接任何可用的网络。"})
	advice := plug
	switch {
	case failing:
		advice = r.say(words{
			"End other programs that hold UDP port 5353 for themselves, or restart the machine.", "请关闭独占 UDP 端口 5353 的其他程序，或重新启动本机。",
		})
	case dormant && !off:
		advice = r.say(words{
			"If one of these leads to the others, name it with --interface NAME.", "如果其中某个接口通向其他人，请用 --interface 名称 指定它。",
		})
	}
	if rest == "" {
		rest = r.say(words{" There is none.", "没有任何接口。"})
	}
	r.fail(Interfaces, advice, words{"No interface is used.%s", "没有使用任何接口。%s"}, rest)
	return false
}

// openUDP and openAll are what to do about a firewall of one's own.
func (r *report) openUDP() string {
	return r.say(words{
		"Allow Haggle to receive on UDP port 5353 in this machine's firewall.", "请在本机防火墙中允许 Haggle 接收 UDP 端口 5353。",
	})
}

func (r *report) openAll() string {
	return r.say(words{
		"Allow Haggle in this machine's firewall: TCP port %d and UDP port 5353, on private networks.",
		"请在本机防火墙中允许 Haggle（专用网络）：TCP 端口 %d 和 UDP 端口 5353。",
	}, r.Port)
}

func (r *report) multicastSelf() {
	if !r.Discovers {
		r.fail(MulticastSelf, r.say(words{
			"Start Haggle without --no-discovery to find people, or add them by address.", "请去掉 --no-discovery 启动 Haggle，或按地址添加对方。",
		}), words{"Haggle does not look for people: it was started with --no-discovery.", "Haggle 以 --no-discovery 启动，不会自动寻找其他人。"})
		return
	}
	var blocked, shut []chat.InterfaceFacts
	for _, i := range r.used() {
		switch {
		case i.HeardSelf:
		case i.Echoes:
			blocked = append(blocked, i)
		default:
			shut = append(shut, i)
		}
	}
	if len(blocked) > 0 {
		r.fail(MulticastSelf, r.openUDP(), words{
			"UDP port 5353 is blocked on this machine (%s): no announcement comes in.", "本机的 UDP 端口 5353 被阻止（%s），收不到任何广播。",
		}, r.list(namesOf(blocked)))
	}
	if len(shut) > 0 {
		r.fail(MulticastSelf, r.openAll(), words{
			"This machine lets nothing in (%s): not even its own announcements come back.", "本机阻止了所有传入连接（%s），连自己的广播也收不到。",
		}, r.list(namesOf(shut)))
	}
	if len(blocked)+len(shut) == 0 {
		r.pass(MulticastSelf, words{"This machine's announcements go out and come back.", "本机的广播可以正常发出并收到。"})
	}
}

// deaf reports whether this machine hears no multicast at all, its own neither.
func (r *report) deaf() bool {
	return !slices.ContainsFunc(r.used(), func(i chat.InterfaceFacts) bool { return i.HeardSelf })
}

func (r *report) multicastOthers() {
	heard := slices.ContainsFunc(r.used(), func(i chat.InterfaceFacts) bool { return i.HeardOthers })
	switch {
	case !r.Discovers:
	case heard:
		r.pass(MulticastOthers, words{"Announcements of other machines come in.", "可以收到其他机器的广播。"})
	case r.deaf():
		r.fail(MulticastOthers, r.openAll(), words{
			"No announcement of another machine comes in: this machine keeps them out.", "收不到其他机器的广播：被本机阻止了。",
		})
	case r.filtered():
		r.fail(MulticastOthers, r.unfilter(), words{
			"The network filters multicast: others are on it, but announcements do not pass between machines.",
			"网络过滤了多播：其他机器在线，但广播无法在机器之间传递。",
		})
	default:
		r.fail(MulticastOthers, r.say(words{
			"Start Haggle on another machine of this network; if it is not seen, add it by address: the network may filter multicast.",
			"请在同一网络的另一台机器上启动 Haggle；如果仍看不到，请按地址添加：网络可能过滤了多播。",
		}), words{"No announcement of another machine came in.", "没有收到其他机器的广播。"})
	}
}

// filtered reports whether a linked peer on our network hears itself, but neither side the other.
func (r *report) filtered() bool {
	return slices.ContainsFunc(r.Peers, func(p chat.PeerFacts) bool {
		return p.OnLink && p.Answered && p.Discovers && p.HearsSelf && !p.HearsUs && !p.Heard
	})
}

func (r *report) unfilter() string {
	return r.say(words{
		"Ask whoever runs the network to let multicast pass (mDNS, UDP port 5353); until then add people by address, Haggle remembers them.",
		"请网络管理者放行多播（mDNS，UDP 端口 5353）；在此之前可按地址添加对方，Haggle 会记住。",
	})
}

// port tells whether others can dial this machine, as those say who were asked to.
func (r *report) port() {
	var in, out, other []string
	for _, p := range r.Peers {
		switch {
		case !p.Answered || p.Reaches == chat.ReachUntried:
		case p.Reaches == chat.ReachProven:
			in = append(in, called(p))
		case p.Reaches == chat.ReachStranger:
			other = append(other, called(p))
		default:
			out = append(out, called(p))
		}
	}
	shut := r.Discovers && !slices.ContainsFunc(r.used(), func(i chat.InterfaceFacts) bool { return i.HeardSelf || i.Echoes })
	switch {
	case r.Port == 0:
		r.pass(Port, words{"Haggle accepts no links here, as it was told.", "按设置，Haggle 在此不接受连接。"})
	case len(other) > 0:
		r.fail(Port, r.say(words{
			"Two machines may use one address: let the network give this one another.", "可能有两台机器使用同一地址：请为本机重新获取地址。",
		}), words{"%s dialled this machine's address, and somebody else answered.", "%s 连接本机地址时，应答的是另一台机器。"}, r.list(other))
	case len(in) > 0:
		r.pass(Port, words{"Others can dial this machine: %s did, at port %d.", "其他人可以连接本机：%s 已连接端口 %d。"}, r.list(in), r.Port)
	case len(out) > 0:
		r.fail(Port, r.openAll(), words{
			"This machine lets nobody in: %s dialled port %d in vain. Links work only if this machine dials.",
			"本机不接受传入连接：%s 无法连接端口 %d。只有本机主动连接时才能通信。",
		}, r.list(out), r.Port)
	case shut:
		r.fail(Port, r.openAll(), words{
			"Nothing comes in here, so others can probably not dial this machine at port %d.", "本机收不到任何传入数据，其他人很可能无法连接端口 %d。",
		}, r.Port)
	default:
		r.pass(Port, words{
			"Not tested: nobody is linked who could dial this machine at port %d.", "未测试：没有已连接的人可以尝试连接本机端口 %d。",
		}, r.Port)
	}
}

// clockSlack is how far clocks may be apart before people are told.
const clockSlack = time.Minute

// clock compares with all who answered. When several agree with one another and not with us, it is ours.
func (r *report) clock() {
	var asked, wrong []chat.PeerFacts
	for _, p := range r.Peers {
		if !p.Answered {
			continue
		}
		asked = append(asked, p)
		if p.ClockOff.Abs() > clockSlack {
			wrong = append(wrong, p)
		}
	}
	right := r.say(words{
		"Set date, time and time zone right, best by the network's time.", "请校正日期、时间和时区，最好使用网络自动对时。",
	})
	switch {
	case len(asked) == 0:
		r.pass(Clock, words{"Clock not compared: nobody is linked.", "时钟未比较：没有已连接的人。"})
	case len(wrong) == 0:
		r.pass(Clock, words{"The clocks of those linked agree with this machine's.", "已连接各方的时钟与本机一致。"})
	case len(wrong) > 1 && len(wrong) == len(asked) && agree(wrong):
		r.fail(Clock, right, words{"This machine's clock is %s.", "本机时钟%s。"}, r.off(-wrong[0].ClockOff))
	default:
		for _, p := range wrong {
			r.fail(Clock, right, words{
				"The clock of %s is %s, compared with this machine's: one of the two is wrong.", "与本机相比，%s 的时钟%s：其中一方不准。",
			}, called(p), r.off(p.ClockOff))
		}
	}
}

func agree(peers []chat.PeerFacts) bool {
	for _, p := range peers {
		if (p.ClockOff - peers[0].ClockOff).Abs() > clockSlack {
			return false
		}
	}
	return true
}

// off says how far a clock is off.
func (r *report) off(d time.Duration) string {
	unit, n := words{"%d minutes", " %d 分钟"}, int64(d.Abs().Round(time.Minute)/time.Minute)
	switch {
	case n >= 48*60:
		unit, n = words{"%d days", " %d 天"}, n/(24*60)
	case n >= 120:
		unit, n = words{"%d hours", " %d 小时"}, n/60
	}
	if d > 0 {
		return r.say(words{"%s fast", "快%s"}, r.say(unit, n))
	}
	return r.say(words{"%s slow", "慢%s"}, r.say(unit, n))
}
