package rpc

// method reads its parameters, all that it knows, and says what to do. It runs on the reader's goroutine: no waiting.
type method func(e *Endpoint, a *args) job

// methods is all that can be asked.
var methods = map[string]method{
	"self.get": (*Endpoint).selfGet,
	"self.set": (*Endpoint).selfSet,

	"peers.list":       (*Endpoint).peersList,
	"peers.add":        (*Endpoint).peersAdd,
	"peers.block":      (*Endpoint).peersBlock,
	"peers.safetyCode": (*Endpoint).peersSafetyCode,
	"peers.verify":     (*Endpoint).peersVerify,

	"listings.publish":   (*Endpoint).listingsPublish,
	"listings.update":    (*Endpoint).listingsUpdate,
	"listings.setStatus": (*Endpoint).listingsSetStatus,
	"listings.search":    (*Endpoint).listingsSearch,
	"listings.get":       (*Endpoint).listingsGet,
	"listings.savePhoto": (*Endpoint).listingsSavePhoto,

	"rooms.open":     (*Endpoint).roomsOpen,
	"rooms.list":     (*Endpoint).roomsList,
	"rooms.accept":   (*Endpoint).roomsAccept,
	"rooms.delete":   (*Endpoint).roomsDelete,
	"rooms.setDraft": (*Endpoint).roomsSetDraft,

	"messages.send":       (*Endpoint).messagesSend,
	"messages.list":       (*Endpoint).messagesList,
	"messages.search":     (*Endpoint).messagesSearch,
	"messages.markRead":   (*Endpoint).messagesMarkRead,
	"messages.cancel":     (*Endpoint).messagesCancel,
	"messages.fetchImage": (*Endpoint).messagesFetchImage,
	"messages.saveImage":  (*Endpoint).messagesSaveImage,

	"network.doctor": (*Endpoint).networkDoctor,
}

// nothing is the result of a method that only does something.
type nothing struct{}

// read is a job's run for what only reads: f's result is the answer's.
func read[T any](f func() (T, error)) func(answer) {
	return func(answer answer) {
		result, err := f()
		answer(func() any { return result }, err)
	}
}

// then answers with what shape makes of the value that a node's method hands over. shape runs later, elsewhere.
func then[T any](answer answer, shape func(T) any) func(T, error) {
	return func(value T, err error) {
		answer(func() any { return shape(value) }, err)
	}
}
