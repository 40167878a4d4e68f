#!/usr/bin/env bash
# lanrig.sh - a LAN in network namespaces, for tests. Root, or `lanrig.sh private ...` without root.
# Needs bash, iproute2 (ip, bridge), util-linux (unshare, setsid); nft for `loss`, `fw`, `mcast`, `count`.
# No docker, no netem. One "switch" namespace with a Linux bridge, N "host" namespaces with a veth each.
#
#   lanrig.sh up LAN N [SUBNET3]     make LAN with hosts 1..N: 10.77.0.i/24 (SUBNET3 default 10.77.0), IPv6 link-local,
#                                    NO default route unless GW=1 is in the environment (GW=1: default via .254)
#   lanrig.sh exec LAN I CMD...      run CMD in host I (own hostname LAN-hI), foreground
#   lanrig.sh spawn LAN I LOG CMD... run in background, stdout+stderr to LOG, prints the pid of CMD itself (kill that)
#   lanrig.sh unplug|plug LAN I      pull / push the cable (carrier loss on the host side: IFF_RUNNING goes)
#   lanrig.sh ifdown|ifup LAN I      administrative down / up of eth0 in the host (flushes IPv6, routes; keeps v4 addr)
#   lanrig.sh readdr LAN I CIDR      change eth0's IPv4 address (DHCP renumbering / roaming)
#   lanrig.sh nov4|nov6 LAN I        take the IPv4 addresses of eth0 away / switch IPv6 off in the host
#   lanrig.sh delif LAN I            remove eth0 (dongle pulled, driver reset)
#   lanrig.sh newif LAN I CIDR       make eth0 anew, with another index
#   lanrig.sh addif LAN I LAN2 CIDR [IFNAME]  plug host I of LAN also into LAN2's switch (second interface, default eth1)
#   lanrig.sh isolate LAN I on|off   "AP isolation": isolated ports cannot talk to one another
#   lanrig.sh mcast LAN on|off       off = the switch drops all IPv4/IPv6 multicast but ARP/ND still pass
#   lanrig.sh apart LAN I J          the switch drops multicast between hosts I and J, both ways; all else passes
#   lanrig.sh snoop LAN on|off       IGMP/MLD snooping on the bridge, no querier (bad managed switch)
#   lanrig.sh loss LAN I PCT|0       random loss of PCT % of frames that reach host I (nft, ingress of host I)
#   lanrig.sh fw LAN I udp5353|all|off  host firewall: drop inbound UDP 5353 / all inbound but established (Windows-like)
#   lanrig.sh count LAN start|read|stop  mDNS packets that entered the switch (nft counters, no tcpdump needed)
#   lanrig.sh stat LAN               hosts, addresses, port states
#   lanrig.sh down LAN               remove everything (refuses while processes still run in it unless FORCE=1)
#   lanrig.sh private CMD...         run CMD (for example a test binary that calls lanrig.sh) in its own user+net+mount
#                                    namespace: works WITHOUT root where user namespaces are on, and cannot collide with
#                                    other rigs on the machine; everything vanishes when CMD ends
#   lanrig.sh selftest               prove the rig (needs ping); prints PASS lines
set -eu
die(){ echo "lanrig: $*" >&2; exit 2; }
[ $# -ge 1 ] || { sed -n '2,33p' "$0"; exit 2; }
verb=$1; shift
case $verb in
private)
  if [ "$(id -u)" = 0 ]; then f=-nm; else f=-Urnm; fi
  exec unshare $f bash -c 'mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir -p /run/netns && ip link set lo up && exec "$@"' lanrig "$@" ;;
selftest)
  [ "${LANRIG_PRIVATE:-}" = 1 ] || LANRIG_PRIVATE=1 exec "$0" private "$0" selftest
  R=$0; f=0; t(){ local w=$1; shift; if "$@" >/dev/null 2>&1; then g=yes; else g=no; fi
    if [ $g = $w ]; then echo "PASS $w: $*"; else echo "FAIL wanted $w: $*"; f=1; fi; }
  p="$R exec ta 1 ping -c1 -W1"
  GW=1 $R up ta 3; $R up tb 1 10.88.0; $R addif ta 1 tb 10.88.0.77/24
  t yes $p 10.77.0.2; t yes $p 10.88.0.1
  $R unplug ta 2; t no $p 10.77.0.2; $R plug ta 2; t yes $p 10.77.0.2
  $R isolate ta 1 on; $R isolate ta 2 on; t no $p 10.77.0.2; t yes $p 10.77.0.3; $R isolate ta 1 off; $R isolate ta 2 off
  $R fw ta 2 all; t no $p 10.77.0.2; $R fw ta 2 off; t yes $p 10.77.0.2
  $R loss ta 2 100; t no $p 10.77.0.2; $R loss ta 2 0; t yes $p 10.77.0.2
  $R readdr ta 2 10.77.0.99/24; t yes $p 10.77.0.99; t no $p 10.77.0.2
  $R count ta start; $R exec ta 1 bash -c 'echo x >/dev/udp/10.77.0.3/5353'; sleep 0.1; $R count ta read >/tmp/lanrig.$$ 2>&1 || true; t yes grep -q "v4unicast_to5353 1 packets" /tmp/lanrig.$$; rm -f /tmp/lanrig.$$
  $R exec ta 3 sh -c 'echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_broadcasts'
  t yes $p -I eth0 224.0.0.1; $R mcast ta off; t no $p -I eth0 224.0.0.1; t yes $p 10.77.0.3; $R mcast ta on; t yes $p -I eth0 224.0.0.1
  q=$($R spawn ta 1 /dev/null sleep 60); t no $R down ta; kill "$q"; sleep 0.2; t yes $R down ta; t yes $R down tb
  exit $f ;;
esac
L=${1:-}; [ -n "$L" ] || die "which LAN?"
case $L in *[!a-z0-9]*) die "LAN name: [a-z0-9]+";; esac
[ ${#L} -le 8 ] || die "LAN name: at most 8 characters"
sw=lr-$L-sw
ns(){ echo "lr-$L-h$1"; }
port(){ echo "p$1"; }                          # the switch side of host i
hosts(){ ip netns list | awk '{print $1}' | grep -E "^lr-$L-h[0-9]+$" | sed "s/^lr-$L-h//" | sort -n; }
swx(){ ip netns exec "$sw" "$@"; }
setv6(){ ip netns exec "$1" sh -c "[ ! -d /proc/sys/net/ipv6/conf/$2 ] || echo $4 >/proc/sys/net/ipv6/conf/$2/$3"; }

plugin(){ # plugin NS IFNAME CIDR PORTNAME SWITCHNS : veth between NS and SWITCHNS's br0
  local n=$1 ifn=$2 cidr=$3 p=$4 s=$5
  ip -n "$s" link add "$p" type veth peer name "$ifn" netns "$n"
  ip -n "$s" link set "$p" master br0 up
  setv6 "$n" "$ifn" accept_dad 0; setv6 "$n" "$ifn" router_solicitations 0
  [ "$cidr" = none ] || ip -n "$n" addr add "$cidr" brd + dev "$ifn"
  ip -n "$n" link set "$ifn" up
}
case $verb in
up)
  N=${2:?N}; S3=${3:-10.77.0}
  [ "$N" -ge 1 ] && [ "$N" -le 250 ] || die "1..250 hosts"
  [ ! -e "/run/netns/$sw" ] || die "LAN $L is up already"
  if [ "$N" -gt 30 ]; then # all namespaces share one neighbour table; hosts that know one another fill the usual 1024
    for v in 4 6; do
      f=/proc/sys/net/ipv$v/neigh/default
      for t in 1 2 3; do
        [ "$(cat $f/gc_thresh$t 2>/dev/null || echo 65536)" -ge 65536 ] || echo 65536 >$f/gc_thresh$t 2>/dev/null || true
      done
    done
  fi
  ip netns add "$sw"
  ip -n "$sw" link set lo up
  # no spanning tree, no forwarding delay: ports forward at once; snooping off = every port gets multicast
  ip -n "$sw" link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
  setv6 "$sw" br0 disable_ipv6 1
  ip -n "$sw" link set br0 up
  for i in $(seq 1 "$N"); do
    h=$(ns "$i"); ip netns add "$h"; ip -n "$h" link set lo up
    setv6 "$h" default accept_dad 0
    plugin "$h" eth0 "$S3.$i/24" "$(port "$i")" "$sw"
    [ "${GW:-0}" = 0 ] || ip -n "$h" route add default via "$S3.254"
  done ;;
exec)
  i=${2:?host}; shift 2
  exec ip netns exec "$(ns "$i")" unshare -u sh -c 'hostname "$0"; exec "$@"' "$L-h$i" "$@" ;;
spawn)
  i=${2:?host}; log=${3:?log}; shift 3
  # ip netns exec, unshare (without --fork) and sh all exec(): the pid printed is CMD's own
  setsid ip netns exec "$(ns "$i")" unshare -u sh -c 'hostname "$0"; exec "$@"' "$L-h$i" "$@" >"$log" 2>&1 </dev/null &
  echo $! ;;
unplug) ip -n "$sw" link set "$(port "$2")" down ;;
plug)   ip -n "$sw" link set "$(port "$2")" up ;;
ifdown) ip -n "$(ns "$2")" link set eth0 down ;;
ifup)   ip -n "$(ns "$2")" link set eth0 up ;;
readdr) h=$(ns "$2"); ip -n "$h" addr flush dev eth0 scope global; ip -n "$h" addr add "${3:?cidr}" brd + dev eth0 ;;
nov4) ip -n "$(ns "$2")" -4 addr flush dev eth0 ;;
nov6) h=$(ns "$2"); setv6 "$h" all disable_ipv6 1; setv6 "$h" default disable_ipv6 1 ;;
delif) ip -n "$(ns "$2")" link del eth0 ;;
newif) plugin "$(ns "$2")" eth0 "${3:?cidr}" "$(port "$2")" "$sw" ;;
addif)
  i=${2:?host}; L2=${3:?lan2}; cidr=${4:?cidr or none}; ifn=${5:-eth1}
  plugin "$(ns "$i")" "$ifn" "$cidr" "x$L$i" "lr-$L2-sw" ;;
isolate) swx bridge link set dev "$(port "$2")" isolated "${3:?on|off}" ;;
mcast)
  case ${2:?on|off} in
  off) swx nft -f - <<'N'
table bridge lanrig_mc
delete table bridge lanrig_mc
table bridge lanrig_mc {
  chain f {
    type filter hook forward priority 0; policy accept;
    ether daddr & ff:ff:ff:ff:ff:00 == 01:00:5e:00:00:00 drop
    ether daddr 33:33:00:00:00:fb drop
  }
}
N
  ;;
  on) swx nft delete table bridge lanrig_mc 2>/dev/null || true ;;
  esac ;;
apart)
  for pair in "$(port "$2") $(port "${3:?host}")" "$(port "$3") $(port "$2")"; do
    set -- $pair
    swx nft -f - <<N
table bridge lanrig_ap {
  chain f {
    type filter hook forward priority 0; policy accept;
    iifname $1 oifname $2 ether daddr & ff:ff:ff:ff:ff:00 == 01:00:5e:00:00:00 drop
    iifname $1 oifname $2 ether daddr 33:33:00:00:00:fb drop
  }
}
N
  done ;;
snoop)
  [ "${2:?on|off}" = on ] && v=1 || v=0
  ip -n "$sw" link set br0 type bridge mcast_snooping $v mcast_querier 0 ;;
loss)
  h=$(ns "$2"); pct=${3:?pct}
  ip netns exec "$h" nft delete table netdev lanrig_loss 2>/dev/null || true
  rule="numgen random mod 100 < $pct drop"; [ "$pct" != 100 ] || rule=drop
  [ "$pct" = 0 ] || ip netns exec "$h" nft -f - <<N
table netdev lanrig_loss {
  chain i {
    type filter hook ingress device eth0 priority 0; policy accept;
    $rule
  }
}
N
  ;;
fw)
  h=$(ns "$2"); ip netns exec "$h" nft delete table inet lanrig_fw 2>/dev/null || true
  case ${3:?udp5353|all|off} in
  udp5353) ip netns exec "$h" nft -f - <<'N'
table inet lanrig_fw {
  chain i {
    type filter hook input priority 0; policy accept;
    udp dport 5353 drop
  }
}
N
  ;;
  all) ip netns exec "$h" nft -f - <<'N'
table inet lanrig_fw {
  chain i {
    type filter hook input priority 0; policy drop;
    iif lo accept
    ct state established,related accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
  }
}
N
  ;;
  off) : ;;
  esac ;;
count)
  case ${2:?start|read|stop} in
  start) swx nft delete table bridge lanrig_cnt 2>/dev/null || true; swx nft -f - <<'N'
table bridge lanrig_cnt {
  chain p {
    type filter hook prerouting priority -200; policy accept;
    ether type ip udp dport 5353 ip daddr 224.0.0.251 counter comment "v4multicast"
    ether type ip udp dport 5353 ip daddr != 224.0.0.251 counter comment "v4unicast_to5353"
    ether type ip udp sport 5353 udp dport != 5353 counter comment "v4unicast_answer"
    ether type ip6 udp dport 5353 counter comment "v6_to5353"
    ether type ip6 udp sport 5353 udp dport != 5353 counter comment "v6unicast_answer"
  }
}
N
  ;;
  read) swx nft list table bridge lanrig_cnt | sed -nE 's/.*counter packets ([0-9]+) bytes ([0-9]+) comment "([^"]+)".*/\3 \1 packets \2 bytes/p' ;;
  stop) swx nft delete table bridge lanrig_cnt ;;
  esac ;;
stat)
  for i in $(hosts); do echo "host $i: $(ip -n "$(ns "$i")" -br addr | grep -v '^lo' | tr -s ' ' | tr '\n' ';')"; done
  swx bridge -d link | grep -oE '^[0-9]+: [^ @]+|state [a-z]+|isolated (on|off)' | paste -sd' ' ;;
down)
  all="$(hosts | sed "s/^/lr-$L-h/") $sw"
  for n in $all; do
    p=$(ip netns pids "$n" 2>/dev/null | tr '\n' ' ' || true)
    if [ -n "${p// /}" ]; then
      [ "${FORCE:-0}" = 1 ] || die "processes still run in $n: $p (FORCE=1 kills exactly these pids)"
      kill $p 2>/dev/null || true; sleep 0.3; kill -9 $p 2>/dev/null || true
    fi
  done
  for n in $all; do ip netns del "$n" 2>/dev/null || true; done ;;
*) die "unknown verb $verb" ;;
esac
