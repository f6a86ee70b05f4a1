package slackfake

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Fault is what goes wrong with a call of the Web API.
type Fault string

// The faults.
const (
	// DropAfterWrite does what is asked and closes the connection without an answer.
	DropAfterWrite Fault = "connection dropped after the write"
	// DropBefore closes the connection and does nothing.
	DropBefore Fault = "connection dropped"
	// TooMany answers 429 with Retry-After.
	TooMany Fault = "429"
	// Broken answers 500.
	Broken Fault = "500"
	// HalfReply does what is asked and sends half of the answer.
	HalfReply Fault = "half a reply"
	// WrongJSON does what is asked and answers with JSON of another shape.
	WrongJSON Fault = "wrong JSON"
	// Slow does what is asked, and answers nothing until the client goes.
	Slow Fault = "no answer after the write"
	// FatalError is Slack's own word for a call that may or may not have had an effect;
	// here it had.
	FatalError Fault = "fatal_error"
)

// RetryAfter is what TooMany asks to wait: longer than anybody waits without being asked.
const RetryAfter = 7 * time.Second

type injected struct {
	fault  Fault
	method string
	times  int
}

// Fail makes the next calls of a method go wrong ("" is any); times below 0 is for ever.
func (f *Fake) Fail(fault Fault, method string, times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, injected{fault, method, times})
}

// Refuse makes a method answer with an error of Slack's, such as "user_not_found".
func (f *Fake) Refuse(word, method string, times int) { f.Fail("refuse:"+Fault(word), method, times) }

// Chaos asks for each call what goes wrong; "" is nothing. It is called under a lock.
func (f *Fake) Chaos(choose func(method string) Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.chaos = choose
}

// Heal takes all faults back.
func (f *Fake) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults, f.chaos = nil, nil
}

func (f *Fake) fault(method string) Fault {
	for i := range f.faults {
		x := &f.faults[i]
		if (x.method == "" || x.method == method) && x.times != 0 {
			x.times--
			return x.fault
		}
	}
	if f.chaos != nil {
		return f.chaos(method)
	}
	return ""
}

// tiers are how often a method may be called in a minute:
// docs.slack.dev/apis/web-api/rate-limits, and the page of each method.
var tiers = map[string]int{
	"conversations.create": 20, "conversations.list": 20, "conversations.archive": 20, "conversations.setTopic": 20,
	"conversations.setPurpose": 20, "conversations.rename": 20, "users.list": 20, "pins.add": 20, "usergroups.list": 20,
	"usergroups.users.list": 20, "apps.connections.open": 20,
	"conversations.invite": 50, "conversations.history": 50, "conversations.info": 50, "conversations.join": 50,
	"chat.update": 50, "chat.postMessage": 0, "chat.postEphemeral": 100, "views.open": 100, "views.update": 100,
	"users.info": 100, "auth.test": 600, "conversations.replies": 50, "conversations.members": 100,
}

// burst is how many messages a channel takes at once before one a second is the limit.
// The page speaks of short bursts without a figure: this one is the fake's own.
const burst = 10

// limited says how long a caller has to wait; 0: not at all.
func (f *Fake) limited(method, channel string) time.Duration {
	key, within, most := method, time.Minute, tiers[method]
	if method == "chat.postMessage" {
		key, within, most = method+" "+channel, burst*time.Second, burst
	}
	now := f.o.Now()
	var recent []time.Time
	for _, t := range f.used[key] {
		if now.Sub(t) < within {
			recent = append(recent, t)
		}
	}
	if len(recent) >= most {
		f.used[key] = recent
		return max(time.Second, within-now.Sub(recent[0]))
	}
	f.used[key] = append(recent, now)
	return 0
}

// api is one call. docs.slack.dev/apis/web-api
func (f *Fake) api(w http.ResponseWriter, r *http.Request) {
	c, err := readCall(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.delay()
	defer f.delay()
	f.mu.Lock()
	fault := f.fault(c.method)
	wait := f.limited(c.method, c.args["channel"])
	if fault == TooMany {
		wait = RetryAfter
	}
	answer := map[string]any(nil)
	if word, refused := strings.CutPrefix(string(fault), "refuse:"); refused {
		answer = no(word)
	} else if before(fault) == "" && wait == 0 {
		answer = f.do(c)
	}
	f.calls = append(f.calls, Call{c.method, c.args["channel"], outcome(fault, wait, answer)})
	f.mu.Unlock()
	reply(w, r, fault, wait, answer)
}

// delay lets half of a call's latency pass.
func (f *Fake) delay() {
	if least, most := f.o.Latency[0], f.o.Latency[1]; most > 0 {
		time.Sleep((least + rand.N(most-least+1)) / 2)
	}
}

// before are the faults that leave nothing done, as is a refusal.
func before(fault Fault) Fault {
	switch fault {
	case DropBefore, Broken:
		return fault
	}
	return ""
}

func outcome(fault Fault, wait time.Duration, answer map[string]any) string {
	switch {
	case fault != "":
		return strings.TrimPrefix(string(fault), "refuse:")
	case wait > 0:
		return "ratelimited"
	case answer["ok"] != true:
		return answer["error"].(string)
	}
	return "ok"
}

func reply(w http.ResponseWriter, r *http.Request, fault Fault, wait time.Duration, answer map[string]any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	body, _ := json.Marshal(answer)
	switch {
	case fault == DropBefore || fault == DropAfterWrite:
		panic(http.ErrAbortHandler)
	case fault == Slow:
		<-r.Context().Done()
	case fault == Broken:
		w.WriteHeader(http.StatusInternalServerError)
	case wait > 0:
		w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
		w.WriteHeader(http.StatusTooManyRequests)
		body = []byte(`{"ok":false,"error":"ratelimited"}`)
		w.Write(body)
	case fault == HalfReply:
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body[:len(body)/2])
	case fault == WrongJSON:
		w.Write([]byte(`["not", "what", "was", "said"]`))
	case fault == FatalError:
		w.Write([]byte(`{"ok":false,"error":"fatal_error"}`))
	default:
		w.Write(body)
	}
}
