// Package trackermock gives each test a world of its own on a tracker-mock server, judges it when the test ends, and
// says what the client sent when it fails. It is one file without dependencies: copy it into your module.
//
//	mock := trackermock.Start(t, trackermock.Faults(trackermock.Rule{Preset: "flaky-503"}))
//	client := NewClient(mock.URL, mock.Token, mock.Org)
package trackermock

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	reported = 50 // how many requests a report lists: the newest ones
	nearest  = 5  // how many a failed assertion shows
)

// World is what one organisation holds: files, journal, faults and clock. Its methods fail the test where they cannot
// do what they say, so call them from the goroutine of the test.
type World struct {
	URL   string // the base URL of the server, without a slash at the end
	Org   string // the organisation
	Token string // a token; the server takes any

	t          testing.TB
	allow      []string
	neverFired []string
}

// Option says what a world starts with.
type Option func(*World)

// Faults arms fault rules.
func Faults(rules ...Rule) Option { return func(w *World) { w.t.Helper(); w.Arm(rules...) } }

// Allow lists kinds of findings that may be there at the end, such as "retry-empty".
func Allow(kinds ...string) Option { return func(w *World) { w.allow = append(w.allow, kinds...) } }

// Unfired lets faults pass that never fired.
func Unfired() Option { return Allow("fault-never-fired") }

// Start gives the test a world of its own. The server is that at TRACKER_MOCK_URL; else one for this process, by the
// program TRACKER_MOCK_BIN or the one on the PATH; without any, the test is skipped. When the test ends, it fails if its
// client did what no document allows, called an endpoint that is not emulated, or if a fault never fired.
func Start(t testing.TB, options ...Option) *World {
	t.Helper()
	once.Do(func() { address, missing, failure = find() })
	if failure != nil {
		t.Fatalf("tracker-mock: %v", failure)
	}
	if missing != "" {
		t.Skip(missing)
	}
	var id [6]byte
	if _, err := rand.Read(id[:]); err != nil {
		t.Fatal(err)
	}
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(t.Name()), "-"), "-")
	if len(name) > 40 {
		name = name[:40]
	}
	w := &World{URL: address, Org: name + "-" + hex.EncodeToString(id[:]), Token: "any-token", t: t}
	for _, option := range options {
		option(w)
	}
	t.Cleanup(w.judge)
	return w
}

func (w *World) judge() {
	w.t.Helper()
	if w.t.Failed() {
		w.t.Logf("What the client sent:\n%s", w.Report())
	} else if found := w.Findings(w.allow...); len(found) > 0 && !w.t.Skipped() {
		kinds := kindsOf(found)
		w.t.Errorf("tracker-mock found %s, although the test passed:\n  %s\n"+
			"To let that pass, start the world with trackermock.Allow(\"%s\").\n\nWhat the client sent:\n%s",
			strings.Join(kinds, ", "), strings.Join(found, "\n  "), strings.Join(kinds, `", "`), w.Report())
	}
	// Whoever has started the server himself may want to look into its worlds.
	if keepsRunning != nil {
		w.Forget()
	}
}

func kindsOf(findings []string) []string {
	var kinds []string
	seen := map[string]bool{}
	for _, finding := range findings {
		kind := strings.SplitN(finding, ":", 2)[0]
		if !seen[kind] {
			seen[kind], kinds = true, append(kinds, kind)
		}
	}
	sort.Strings(kinds)
	return kinds
}

// The server of this process.

var (
	once       sync.Once
	address    string
	missing    string
	failure    error
	notInNames = regexp.MustCompile(`[^a-z0-9]+`)
	// Neither a proxy of the environment nor what a test makes of http.DefaultTransport comes between.
	caller = &http.Client{Transport: &http.Transport{}}
	// The server ends when this process does, and with it this pipe, even after kill -9.
	keepsRunning io.Closer
)

func find() (address, missing string, err error) {
	if running := os.Getenv("TRACKER_MOCK_URL"); running != "" {
		return strings.TrimRight(running, "/"), "", nil
	}
	program := os.Getenv("TRACKER_MOCK_BIN")
	if program == "" {
		if program, err = exec.LookPath("tracker-mock"); err != nil {
			return "", "There is no tracker-mock: set TRACKER_MOCK_URL to the address of a server or TRACKER_MOCK_BIN to the " +
				"program, or put the program on the PATH.", nil
		}
	}
	command := exec.Command(program, "--port", "0", "--log-level", "error", "--until-stdin-closes")
	command.Stderr = os.Stderr
	if keepsRunning, err = command.StdinPipe(); err != nil {
		return "", "", err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return "", "", err
	}
	if err := command.Start(); err != nil {
		return "", "", err
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	_, address, ready := strings.Cut(strings.TrimSpace(line), " listening on ")
	if err != nil || !ready {
		return "", "", fmt.Errorf("%s ended before it was ready; see its stderr", program)
	}
	return address, "", nil
}

// Where the client goes.

// Headers are those that a client sends: its authorization and its organisation.
func (w *World) Headers() http.Header {
	return http.Header{"Authorization": {"OAuth " + w.Token}, "X-Org-Id": {w.Org}}
}

// Env gives variables for exec.Cmd.Env: TRACKER_MOCK_URL, TRACKER_MOCK_ORG, TRACKER_MOCK_TOKEN, and the templates, such
// as "API={url}/v2", with {url}, {host}, {port}, {org} and {token} filled in.
func (w *World) Env(templates ...string) []string {
	base, err := url.Parse(w.URL)
	w.must(err)
	fill := strings.NewReplacer("{url}", w.URL, "{host}", base.Hostname(), "{port}", base.Port(), "{org}", w.Org, "{token}", w.Token)
	env := []string{"TRACKER_MOCK_URL=" + w.URL, "TRACKER_MOCK_ORG=" + w.Org, "TRACKER_MOCK_TOKEN=" + w.Token}
	for _, template := range templates {
		env = append(env, fill.Replace(template))
	}
	return env
}

// Faults.

// Match says which requests are meant. Texts may hold patterns: "*" is any text, `\*` a star.
type Match struct {
	Operation string            `json:"operation,omitempty"`
	Method    string            `json:"method,omitempty"`
	Path      string            `json:"path,omitempty"`
	File      string            `json:"file,omitempty"`
	Query     map[string]string `json:"query,omitempty"`
	Header    map[string]string `json:"header,omitempty"`
	JSON      map[string]any    `json:"json,omitempty"` // by JSON Pointer
	Actor     string            `json:"actor,omitempty"`
	Part      string            `json:"part,omitempty"`
	PartType  string            `json:"partType,omitempty"`
}

// Rule is a fault rule; see "Failing on demand" in the guide.
type Rule struct {
	Preset string  `json:"preset,omitempty"`
	Name   string  `json:"name,omitempty"`
	Match  *Match  `json:"match,omitempty"`
	Skip   int     `json:"skip,omitempty"`
	Times  int     `json:"times,omitempty"`
	At     any     `json:"at,omitempty"` // such as "after", or map[string]any{"answer": "half"}
	Do     *Action `json:"do,omitempty"`
}

// Action is what a fault does.
type Action struct {
	Status         int               `json:"status,omitempty"`
	Headers        map[string]string `json:"headers,omitempty"`
	Body           any               `json:"body,omitempty"`
	Connection     string            `json:"connection,omitempty"` // "reset", "close" or "stall"
	BytesPerSecond int               `json:"bytesPerSecond,omitempty"`
	Delay          string            `json:"delay,omitempty"`
}

// Arm arms fault rules behind those that are armed.
func (w *World) Arm(rules ...Rule) {
	w.t.Helper()
	w.call("POST", "faults", nil, map[string]any{"rules": rules}, nil)
}

// Disarm disarms all rules. One that has not fired by now never will, and the verdict says so.
func (w *World) Disarm() {
	w.t.Helper()
	w.neverFired = append(w.neverFired, w.unfired()...)
	w.call("DELETE", "faults", nil, nil, nil)
}

func (w *World) unfired() []string {
	w.t.Helper()
	var armed struct {
		Rules []struct {
			Index      int
			NeverFired bool
			Rule       struct{ Name string }
		}
	}
	w.call("GET", "faults", nil, nil, &armed)
	var names []string
	for _, one := range armed.Rules {
		one := one
		if one.NeverFired {
			names = append(names, (&Fault{Rule: &one.Index, Name: one.Rule.Name}).name())
		}
	}
	return names
}

// What the client sent.

// Filter says which requests of the journal are meant.
type Filter struct {
	Match
	Status string // such as "404" or "4xx"
	Since  int    // the id of a request: only later ones
	Limit  int    // only the newest
}

// Request is a request of the journal.
type Request struct {
	ID           int               `json:"id"`
	Operation    string            `json:"operation"`
	Method       string            `json:"method"`
	Path         string            `json:"path"`
	Query        string            `json:"query"`
	Headers      map[string]string `json:"headers"`
	RequestText  string            `json:"requestText"`
	Upload       *Upload           `json:"upload"`
	Fault        *Fault            `json:"fault"`
	Status       int               `json:"status"` // 0 if there was no answer
	ResponseText string            `json:"responseText"`
	Deviations   []Deviation       `json:"deviations"`
	Attempts     *Attempts         `json:"attempts"`
}

// Upload is a form that was sent.
type Upload struct {
	Boundary string `json:"boundary"`
	Parts    []Part `json:"parts"`
	Name     struct {
		Value string `json:"value"`
	} `json:"name"`
	Refused *struct {
		Rule    string `json:"rule"`
		Message string `json:"message"`
		At      int    `json:"at"`
	} `json:"refused"`
}

// Part is a part of a form, with its names as they were sent.
type Part struct {
	Name         *string `json:"name"`
	Filename     *string `json:"filename"`
	FilenameStar *string `json:"filename*"`
	ContentType  string  `json:"contentType"`
	Bytes        int     `json:"bytes"`
	Complete     bool    `json:"complete"`
	SHA256       string  `json:"sha-256"`
}

// Fault is a fault that struck a request.
type Fault struct {
	Rule *int   `json:"rule"`
	Name string `json:"name"`
	What string `json:"what"`
}

func (f *Fault) name() string {
	if f.Name == "" && f.Rule == nil {
		return "asked for by Prefer"
	} else if f.Name == "" {
		return fmt.Sprintf("rule %d", *f.Rule)
	}
	return f.Name
}

// Deviation is something that the server accepted although no document allows it.
type Deviation struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

// Attempts says which attempt of one call a request is.
type Attempts struct {
	Number int `json:"number"`
	Of     int `json:"of"`
}

// Requests gives the requests that clients sent, oldest first.
func (w *World) Requests(filter Filter) (requests []Request) {
	w.t.Helper()
	w.call("GET", "requests", filter.query(), nil, &requests)
	return requests
}

// Uploads gives the requests that sent a form with a file.
func (w *World) Uploads(filter Filter) (uploads []Request) {
	w.t.Helper()
	for _, request := range w.Requests(filter) {
		if request.Upload != nil {
			uploads = append(uploads, request)
		}
	}
	return uploads
}

// WaitFor gives the requests as soon as there are so many; after the timeout, the test ends with those that came close.
func (w *World) WaitFor(filter Filter, count int, timeout time.Duration) (requests []Request) {
	w.t.Helper()
	query := filter.query()
	query.Set("count", strconv.Itoa(count))
	query.Set("timeout", fmt.Sprintf("%dms", timeout.Milliseconds()))
	w.call("GET", "requests/wait", query, nil, &requests)
	return requests
}

func (f Filter) query() url.Values {
	query := url.Values{}
	add := func(name, value string) {
		if value != "" && value != "0" {
			query.Add(name, value)
		}
	}
	add("operation", f.Operation)
	add("method", f.Method)
	add("path", f.Path)
	add("file", f.File)
	add("actor", f.Actor)
	add("part", f.Part)
	add("partType", f.PartType)
	add("status", f.Status)
	add("since", strconv.Itoa(f.Since))
	add("limit", strconv.Itoa(f.Limit))
	for name, value := range f.Query {
		query.Add("query."+name, value)
	}
	for name, value := range f.Header {
		query.Add("header."+name, value)
	}
	for pointer, value := range f.JSON {
		text, isText := value.(string)
		if !isText {
			encoded, _ := json.Marshal(value)
			text = string(encoded)
		}
		query.Add("json."+pointer, text)
	}
	return query
}

// Findings are what no test should let pass: deviations, unknown endpoints, faults that never fired, dropped records.
func (w *World) Findings(allow ...string) (found []string) {
	w.t.Helper()
	var verdict struct {
		Strict struct {
			Findings []struct{ Kind, Message string }
		}
	}
	w.call("POST", "verify", nil, map[string]any{"strict": map[string]any{"allow": append([]string{}, allow...)}}, &verdict)
	for _, one := range verdict.Strict.Findings {
		found = append(found, one.Kind+": "+one.Message)
	}
	for _, kind := range allow {
		if kind == "fault-never-fired" {
			return found
		}
	}
	for _, name := range w.neverFired {
		found = append(found, fmt.Sprintf("fault-never-fired: the fault %q was disarmed and had never fired", name))
	}
	return found
}

// Report is what the client sent, as text: each request with its parts, faults, deviations, and a curl command.
func (w *World) Report() string {
	w.t.Helper()
	requests := w.Requests(Filter{Limit: reported})
	lines := []string{fmt.Sprintf("world %s at %s", w.Org, w.URL)}
	if len(requests) == 0 {
		lines = append(lines, "no request")
	} else if len(requests) == reported {
		lines = append(lines, fmt.Sprintf("the newest %d requests:", reported))
	}
	for _, request := range requests {
		lines = append(lines, request.String())
		curl, err := w.ask("GET", fmt.Sprintf("requests/%d", request.ID), url.Values{"format": {"curl"}}, nil)
		w.must(err)
		for _, detail := range append(request.details(), oneLine.ReplaceAllString(strings.TrimSpace(string(curl)), " ")) {
			lines = append(lines, "    "+detail)
		}
	}
	for _, name := range w.unfired() {
		lines = append(lines, "armed, but never fired: "+name)
	}
	return strings.Join(lines, "\n")
}

var oneLine = regexp.MustCompile(`\s*\\\n\s*`)

// String is the request on one line.
func (r Request) String() string {
	line := fmt.Sprintf("#%d %s %s", r.ID, r.Method, r.Path)
	if r.Query != "" {
		line += "?" + r.Query
	}
	if r.Status == 0 {
		line += " -> no answer"
	} else {
		line += fmt.Sprintf(" -> %d", r.Status)
	}
	if r.Operation != "" {
		line += "  " + r.Operation
	}
	if r.Attempts != nil {
		line += fmt.Sprintf("  attempt %d of %d", r.Attempts.Number, r.Attempts.Of)
	}
	return line
}

func (r Request) details() (lines []string) {
	if r.Upload != nil {
		for _, part := range r.Upload.Parts {
			lines = append(lines, part.String())
		}
		if r.Upload.Refused != nil {
			lines = append(lines, "refused: "+r.Upload.Refused.Message)
		}
	}
	if r.Fault != nil {
		lines = append(lines, fmt.Sprintf("fault %s: %s", r.Fault.name(), r.Fault.What))
	}
	for _, deviation := range r.Deviations {
		lines = append(lines, deviation.Kind+": "+deviation.Message)
	}
	return lines
}

// String is the part on one line.
func (p Part) String() string {
	line := "part"
	for _, one := range []struct {
		name  string
		value *string
	}{{"name", p.Name}, {"filename", p.Filename}, {"filename*", p.FilenameStar}} {
		if one.value != nil {
			line += fmt.Sprintf(` %s="%s"`, one.name, *one.value)
		}
	}
	kind := p.ContentType
	if kind == "" {
		kind = "no type"
	}
	line += fmt.Sprintf(": %s, %s", kind, count(p.Bytes, "byte"))
	if !p.Complete {
		line += ", cut off"
	}
	return line
}

func count(number int, what string) string {
	if number == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", number, what)
}

// What the world holds.

// File is a file that the world holds.
type File struct {
	ID       string
	Name     string
	Content  []byte
	MimeType string
	At       string // where it is attached: "JUNE-2", "project/4", "JUNE-2/comments/1"; "temporary" if it is not
}

// Notification is a message that the real service would have sent.
type Notification struct {
	Event  string `json:"event"`
	Entity struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	} `json:"entity"`
	File struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"file"`
	Recipients []struct {
		User struct {
			Login string `json:"login"`
		} `json:"user"`
		Roles []string `json:"roles"`
	} `json:"recipients"`
}

type savedFile struct {
	ID, Name, Mimetype string
	Content            struct {
		Text   string
		Base64 []byte
	}
}

type savedHolder struct {
	Type, ID, Key string
	ShortID       int
	Attachments   []savedFile
	Comments      []struct {
		ID          int
		Attachments []savedFile
	}
}

func (h savedHolder) place() string {
	if h.Key != "" {
		return h.Key
	}
	return fmt.Sprintf("%s/%d", h.Type, h.ShortID)
}

func (h savedHolder) is(name string) bool {
	return name == h.ID || name == h.place() || name == h.Type+"/"+h.ID
}

type savedWorld struct {
	Entities, Issues []savedHolder
	TemporaryFiles   []savedFile
}

// Files gives every file: temporary ones, and those of entities, issues and their comments.
func (w *World) Files() (files []File) {
	w.t.Helper()
	var world savedWorld
	w.State(&world)
	add := func(at string, saved []savedFile) {
		for _, one := range saved {
			content := one.Content.Base64
			if content == nil {
				content = []byte(one.Content.Text)
			}
			files = append(files, File{one.ID, one.Name, content, one.Mimetype, at})
		}
	}
	add("temporary", world.TemporaryFiles)
	for _, holder := range append(world.Entities, world.Issues...) {
		add(holder.place(), holder.Attachments)
		for _, comment := range holder.Comments {
			add(fmt.Sprintf("%s/comments/%d", holder.place(), comment.ID), comment.Attachments)
		}
	}
	return files
}

// Entity gives a project, portfolio or goal as it is stored, by "project/4" or its id.
func (w *World) Entity(name string) map[string]any {
	w.t.Helper()
	return w.stored("entities", "entity", name)
}

// Issue gives an issue as it is stored, by its key or its id.
func (w *World) Issue(key string) map[string]any {
	w.t.Helper()
	return w.stored("issues", "issue", key)
}

func (w *World) stored(list, what, name string) map[string]any {
	w.t.Helper()
	var state map[string]json.RawMessage
	w.State(&state)
	var raw []json.RawMessage
	w.must(json.Unmarshal(state[list], &raw))
	for _, one := range raw {
		var holder savedHolder
		w.must(json.Unmarshal(one, &holder))
		if holder.is(name) {
			var whole map[string]any
			w.must(json.Unmarshal(one, &whole))
			return whole
		}
	}
	w.t.Fatalf("There is no %s %s in this world.", what, name)
	return nil
}

// Outbox gives the notifications that the real service would have sent, oldest first.
func (w *World) Outbox() (sent []Notification) {
	w.t.Helper()
	w.call("GET", "outbox", nil, nil, &sent)
	return sent
}

// State reads the whole world, in the format of fixtures, into a value as json.Unmarshal does.
func (w *World) State(into any) { w.t.Helper(); w.call("GET", "state", nil, nil, into) }

// Load replaces the world by such a document: a value, or a json.RawMessage.
func (w *World) Load(state any) { w.t.Helper(); w.call("PUT", "state", nil, state, nil) }

// Snapshot saves the world inside the server.
func (w *World) Snapshot(name string) {
	w.t.Helper()
	w.call("PUT", "snapshots/"+url.PathEscape(name), nil, nil, nil)
}

// Restore puts the world back to a snapshot, as often as you like.
func (w *World) Restore(name string) {
	w.t.Helper()
	w.call("POST", "snapshots/"+url.PathEscape(name)+"/restore", nil, nil, nil)
}

// Reset puts everything back to the fixtures.
func (w *World) Reset() {
	w.t.Helper()
	w.call("POST", "reset", nil, nil, nil)
	w.neverFired = nil
}

// Forget forgets the world, as if nobody had named it.
func (w *World) Forget() {
	w.t.Helper()
	w.call("DELETE", "worlds/"+url.PathEscape(w.Org), nil, nil, nil)
}

// Seed seeds the ids: with the same clock and requests, the same seed gives the same ids.
func (w *World) Seed(seed int) {
	w.t.Helper()
	w.call("PUT", "ids", nil, map[string]any{"seed": seed}, nil)
}

const wireTime = "2006-01-02T15:04:05.000-0700"

// Now is the time that the next request records.
func (w *World) Now() time.Time {
	w.t.Helper()
	var clock struct{ Now string }
	w.call("GET", "clock", nil, nil, &clock)
	now, err := time.Parse(wireTime, clock.Now)
	w.must(err)
	return now
}

// Freeze makes the clock of the world stand still at a time.
func (w *World) Freeze(at time.Time) {
	w.t.Helper()
	w.setClock(map[string]any{"mode": "freeze", "at": at.UTC().Format(wireTime)})
}

// Tick lets the clock go on by a step with each request that records a time, from where it is.
func (w *World) Tick(step time.Duration) {
	w.t.Helper()
	w.setClock(map[string]any{"mode": "tick", "step": fmt.Sprintf("%dms", step.Milliseconds())})
}

// Advance moves the clock forward.
func (w *World) Advance(by time.Duration) {
	w.t.Helper()
	w.setClock(map[string]any{"advance": fmt.Sprintf("%dms", by.Milliseconds())})
}

func (w *World) setClock(change map[string]any) {
	w.t.Helper()
	w.call("PUT", "clock", nil, change, nil)
}

// Assertions.

type near struct {
	request     Request
	differences []string
}

// UploadOf says more of an expected upload: nil and 0 are any.
type UploadOf struct {
	Content  []byte
	Attempts int // how many requests it took, with retries
}

// AssertUploaded fails the test unless a file was uploaded under this name, with this content, in so many attempts.
func (w *World) AssertUploaded(name string, expected UploadOf) {
	w.t.Helper()
	files, uploads := w.Files(), w.Uploads(Filter{})
	var all []near
	for i := len(uploads) - 1; i >= 0; i-- {
		differences := uploads[i].differencesOfUpload(name, expected, files)
		if len(differences) == 0 {
			return
		}
		all = append(all, near{uploads[i], differences})
	}
	title := fmt.Sprintf("No upload of %q", name)
	if expected.Content != nil {
		title += " with " + count(len(expected.Content), "byte")
	}
	if expected.Attempts != 0 {
		title += " in " + count(expected.Attempts, "attempt")
	}
	w.refuse(title+" was accepted.", all, nil)
}

func (r Request) differencesOfUpload(name string, expected UploadOf, files []File) (found []string) {
	if r.Upload.Name.Value != name {
		found = append(found, fmt.Sprintf("its name is %q and not %q", r.Upload.Name.Value, name))
	}
	found = append(found, r.differencesOfAnswer()...)
	if expected.Content != nil {
		found = append(found, r.differencesOfContent(expected.Content, files)...)
	}
	made := 1
	if r.Attempts != nil {
		made = r.Attempts.Of
	}
	if expected.Attempts != 0 && made != expected.Attempts {
		found = append(found, fmt.Sprintf("it took %s and not %d", count(made, "attempt"), expected.Attempts))
	}
	return found
}

func (r Request) differencesOfAnswer() []string {
	if r.Status == 0 {
		return []string{"it got no answer"}
	} else if r.Status >= 200 && r.Status < 300 {
		return nil
	}
	line := fmt.Sprintf("it was answered %d", r.Status)
	if r.Fault != nil {
		line += ", by the fault " + r.Fault.name()
	}
	if r.Upload != nil && r.Upload.Refused != nil {
		line += ": " + r.Upload.Refused.Message
	}
	return []string{line}
}

func (r Request) differencesOfContent(content []byte, files []File) []string {
	if len(r.Upload.Parts) == 0 {
		return []string{"it has no part with a file"}
	}
	part := r.Upload.Parts[0]
	for _, one := range r.Upload.Parts {
		if one.Filename != nil || one.FilenameStar != nil {
			part = one
			break
		}
	}
	digest := sha256.Sum256(content)
	if part.Bytes != len(content) {
		return []string{fmt.Sprintf("it sent %s and not %d", count(part.Bytes, "byte"), len(content))}
	} else if part.SHA256 == hex.EncodeToString(digest[:]) {
		return nil
	}
	var answer struct{ ID string }
	_ = json.Unmarshal([]byte(r.ResponseText), &answer)
	for _, file := range files {
		if file.ID == answer.ID && bytes.Equal(file.Content, content) {
			return nil
		} else if file.ID == answer.ID && len(file.Content) == len(content) {
			at := 0
			for file.Content[at] == content[at] {
				at++
			}
			sent, wanted := head(file.Content[at:]), head(content[at:])
			return []string{fmt.Sprintf("from byte %d on it sent %q and not %q", at, sent, wanted)}
		}
	}
	if part.SHA256 == "" {
		return []string{"its bytes are not stored, so that only their number can be compared"}
	}
	return []string{"it sent other bytes: SHA-256 " + part.SHA256}
}

func head(content []byte) []byte {
	if len(content) > 20 {
		return content[:20]
	}
	return content
}

// AssertAttached fails the test unless files of this name are attached to "JUNE-2", "project/4", or "" for anything, so
// many times; 0 is at least once.
func (w *World) AssertAttached(name, to string, times int) {
	w.t.Helper()
	place := []string{to} // all its names, first the one that files have
	var world savedWorld
	w.State(&world)
	for _, holder := range append(world.Entities, world.Issues...) {
		if holder.is(to) {
			place = []string{holder.place(), holder.ID, holder.Type + "/" + holder.ID}
		}
	}
	isThere := func(file File) bool {
		return to == "" || file.At == place[0] || strings.HasPrefix(file.At, place[0]+"/")
	}
	attached, others, names := 0, []string{}, map[string]string{}
	for _, file := range w.Files() {
		names[file.ID] = file.Name
		if file.Name == name && file.At != "temporary" && isThere(file) {
			attached++
		}
		if file.Name == name && file.At == "temporary" {
			others = append(others, fmt.Sprintf("%q is temporary, as file %s", file.Name, file.ID))
		} else if file.Name == name || to != "" && isThere(file) {
			others = append(others, fmt.Sprintf("%q is attached to %s, as file %s", file.Name, file.At, file.ID))
		}
	}
	if attached == times && times > 0 || attached > 0 && times == 0 {
		return
	}
	var all []near
	for _, request := range w.Requests(Filter{}) {
		if request.Method == "POST" && strings.Contains(request.Path, "/attachments") {
			all = append([]near{{request, request.differencesOfAttachment(name, place, names)}}, all...)
		}
	}
	often, where := "at least once", ""
	if times > 0 {
		often = count(times, "time")
	}
	if to != "" {
		where = " to " + place[0]
	}
	w.refuse(fmt.Sprintf("%q is attached%s %s and not %s.", name, where, count(attached, "time"), often), all, others)
}

func (r Request) differencesOfAttachment(name string, place []string, names map[string]string) []string {
	found, sent := r.differencesOfAnswer(), names[path.Base(r.Path)]
	if r.Upload != nil {
		sent = r.Upload.Name.Value
	}
	if sent != name {
		found = append(found, fmt.Sprintf("its file is %q and not %q", sent, name))
	}
	if r.Operation == "upload_temp_file" {
		found = append(found, "it uploads a temporary file, which a later request has to attach")
		return found
	}
	for _, one := range place {
		if one == "" || strings.Contains(r.Path, "/"+one+"/") {
			return found
		}
	}
	return append(found, "it attaches to another place than "+place[0])
}

// NotificationOf says what an expected notification is: whatever is left out is any.
type NotificationOf struct {
	To    []string // logins: each was notified
	About string   // what was changed, such as "project/4"
	File  string
	Event string // "fileAdded" or "fileRemoved"
	Times int    // how many such notifications; 0 is at least one
}

// AssertNotified fails the test unless such notifications were sent.
func (w *World) AssertNotified(expected NotificationOf) {
	w.t.Helper()
	about := ""
	if expected.About != "" {
		about, _ = w.Entity(expected.About)["id"].(string)
	}
	found, notes, outbox := 0, []string{}, w.Outbox()
	for _, sent := range outbox {
		differences := sent.differences(expected, about)
		note := " is as expected"
		if len(differences) == 0 {
			found++
		} else {
			note = ": " + strings.Join(differences, "; ")
		}
		notes = append(notes, fmt.Sprintf("%s %q of %s %s%s", sent.Event, sent.File.Name, sent.Entity.Type, sent.Entity.ID, note))
	}
	if found == expected.Times && found > 0 || found > 0 && expected.Times == 0 {
		return
	}
	var all []near
	for _, request := range w.Requests(Filter{Match: Match{Operation: "attach_file"}}) {
		differences := request.differencesOfAnswer()
		if query, _ := url.ParseQuery(request.Query); query.Get("notify") == "false" {
			differences = append(differences, "it asked for no notification")
		}
		all = append([]near{{request, differences}}, all...)
	}
	often := "at least one was"
	if expected.Times == 1 {
		often = "1 was"
	} else if expected.Times > 1 {
		often = fmt.Sprintf("%d were", expected.Times)
	}
	title := fmt.Sprintf("%s of %d in the outbox; %s expected.", count(found, "such notification"), len(outbox), often)
	w.refuse(title, all, notes)
}

func (n Notification) differences(expected NotificationOf, about string) (found []string) {
	var told, unmet []string
	for _, recipient := range n.Recipients {
		told = append(told, recipient.User.Login)
	}
	for _, login := range expected.To {
		if !strings.Contains(" "+strings.Join(told, " ")+" ", " "+login+" ") {
			unmet = append(unmet, login)
		}
	}
	if len(unmet) > 0 {
		found = append(found, fmt.Sprintf("it went to %s and not to %s", strings.Join(told, ", "), strings.Join(unmet, ", ")))
	}
	for _, one := range [][3]string{
		{"it is about", n.Entity.ID, about},
		{"its file is", n.File.Name, expected.File},
		{"its event is", n.Event, expected.Event},
	} {
		if one[2] != "" && one[1] != one[2] {
			found = append(found, fmt.Sprintf("%s %q and not %q", one[0], one[1], one[2]))
		}
	}
	return found
}

// refuse fails the test with the nearest requests: those with the fewest differences first, newest first among equals.
func (w *World) refuse(title string, all []near, notes []string) {
	w.t.Helper()
	lines := []string{title}
	for _, note := range notes {
		lines = append(lines, "  "+note)
	}
	sort.SliceStable(all, func(i, j int) bool { return len(all[i].differences) < len(all[j].differences) })
	if len(all) > nearest {
		all = all[:nearest]
	}
	if len(all) > 0 {
		lines = append(lines, "The nearest requests:")
	} else if requests := w.Requests(Filter{Limit: nearest}); len(requests) > 0 {
		lines = append(lines, "No request came near. The last ones:")
		for _, request := range requests {
			lines = append(lines, "  "+request.String())
		}
	} else {
		lines = append(lines, "The client sent no request to this world.")
	}
	for _, one := range all {
		lines = append(lines, "  "+one.request.String())
		for _, difference := range one.differences {
			lines = append(lines, "      "+difference)
		}
	}
	w.t.Error(strings.Join(lines, "\n"))
}

// Calls to the control plane.

func (w *World) call(method, where string, query url.Values, body, into any) {
	w.t.Helper()
	answer, err := w.ask(method, where, query, body)
	w.must(err)
	if into != nil {
		w.must(json.Unmarshal(answer, into))
	}
}

func (w *World) ask(method, where string, query url.Values, body any) ([]byte, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequest(method, fmt.Sprintf("%s/_mock/%s?%s", w.URL, where, query.Encode()), content)
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-Org-ID", w.Org)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := caller.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 400 {
		err = fmt.Errorf("%s /_mock/%s: %s", method, where, complaint(answer.StatusCode, text))
	}
	return text, err
}

// complaint is what the server says is wrong with a call, in one line.
func complaint(status int, text []byte) string {
	var said struct {
		Message       string
		Errors        map[string]string
		ErrorMessages []string
	}
	if json.Unmarshal(text, &said) != nil {
		return fmt.Sprintf("status %d", status)
	}
	if said.Message != "" {
		return said.Message
	}
	var fields []string
	for where, what := range said.Errors {
		fields = append(fields, where+": "+what)
	}
	sort.Strings(fields)
	return strings.Join(append(said.ErrorMessages, fields...), " ")
}

func (w *World) must(err error) {
	if err != nil {
		w.t.Helper()
		w.t.Fatalf("tracker-mock: %v", err)
	}
}
