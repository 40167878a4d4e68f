package rpc

// LimitNotices makes the outbox smaller, before Serve.
func (e *Endpoint) LimitNotices(n int) { e.out.notices = n }
