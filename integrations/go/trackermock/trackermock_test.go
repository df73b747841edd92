package trackermock_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"tracker-mock/integrations/go/trackermock"
)

// post is the client: it sends a request and gives the status and the id in the answer.
func post(t *testing.T, mock *trackermock.World, path, kind string, body []byte) (int, string) {
	t.Helper()
	request, err := http.NewRequest("POST", mock.URL+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = mock.Headers()
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var said struct{ ID any }
	_ = json.Unmarshal(text, &said)
	id, _ := said.ID.(string)
	return answer.StatusCode, id
}

func upload(t *testing.T, mock *trackermock.World, path, name, content string) (int, string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write([]byte(content))
	}
	if err != nil || form.Close() != nil {
		t.Fatal("the form cannot be written")
	}
	return post(t, mock, path, form.FormDataContentType(), body.Bytes())
}

func equal(t *testing.T, what string, found, expected any) {
	t.Helper()
	one, _ := json.Marshal(found)
	other, _ := json.Marshal(expected)
	if !bytes.Equal(one, other) {
		t.Errorf("%s is\n%s\nand not\n%s", what, one, other)
	}
}

func TestAFileIsUploadedAttachedAndToldOf(t *testing.T) {
	t.Parallel()
	mock := trackermock.Start(t, trackermock.Faults(trackermock.Rule{Preset: "flaky-503"}))
	var statuses []int
	id := ""
	for len(statuses) < 3 {
		var status int
		status, id = upload(t, mock, "/v2/attachments/", "hello*.txt", "Hello, Tracker!\n")
		statuses = append(statuses, status)
	}
	equal(t, "statuses", statuses, []int{503, 503, 201})
	post(t, mock, "/v2/entities/project/4/attachments/"+id, "", nil)
	mock.AssertUploaded("hello*.txt", trackermock.UploadOf{Content: []byte("Hello, Tracker!\n"), Attempts: 3})
	mock.AssertUploaded("hello*.txt", trackermock.UploadOf{})
	mock.AssertAttached("hello*.txt", "project/4", 1)
	mock.AssertAttached("hello*.txt", "6586d6fee2b9ef74e69df1ef", 0)
	mock.AssertAttached("hello*.txt", "", 0)
	mock.AssertNotified(trackermock.NotificationOf{To: []string{"lead", "client"}, About: "project/4", File: "hello*.txt", Event: "fileAdded", Times: 1})
	mock.AssertNotified(trackermock.NotificationOf{})
	equal(t, "uploads", len(mock.Uploads(trackermock.Filter{Status: "5xx"})), 2)
	equal(t, "recipients", len(mock.Outbox()[0].Recipients), 5)
}

func TestAWorldSaysWhereItsClientGoes(t *testing.T) {
	t.Parallel()
	mock := trackermock.Start(t)
	if !regexp.MustCompile(`^testaworldsayswhereitsclientgoes-[0-9a-f]{12}$`).MatchString(mock.Org) {
		t.Errorf("the organisation is %s", mock.Org)
	}
	host := strings.TrimPrefix(mock.URL, "http://")
	equal(t, "env", mock.Env("API={url}/v2", "WHERE={host}:{port}", "WHO={org} {token} {other}"), []string{
		"TRACKER_MOCK_URL=" + mock.URL, "TRACKER_MOCK_ORG=" + mock.Org, "TRACKER_MOCK_TOKEN=any-token",
		"API=" + mock.URL + "/v2", "WHERE=" + host, "WHO=" + mock.Org + " any-token {other}",
	})
	equal(t, "another world", trackermock.Start(t).Org == mock.Org, false)
}

func TestWhatIsAllowedPasses(t *testing.T) {
	t.Parallel()
	rule := trackermock.Rule{Preset: "lost-answer", Match: &trackermock.Match{File: "b.txt"}}
	mock := trackermock.Start(t, trackermock.Faults(rule), trackermock.Unfired(), trackermock.Allow("unknown-endpoint"))
	post(t, mock, "/v2/tea", "", nil)
	mock.Disarm()
	id := mock.Requests(trackermock.Filter{})[0].ID
	equal(t, "findings", mock.Findings(), []string{
		fmt.Sprintf("unknown-endpoint: request %d, POST /v2/tea: POST /v2/tea is not an endpoint that is emulated. "+
			"The closest one is POST /v2/attachments/.", id),
		`fault-never-fired: the fault "lost-answer" was disarmed and had never fired`,
	})
}

func TestWaitingAndFilters(t *testing.T) {
	t.Parallel()
	mock := trackermock.Start(t, trackermock.Allow("unknown-parameter"))
	done := make(chan struct{})
	go func() {
		defer close(done)
		upload(t, mock, "/v2/attachments/?filenam=b", "a.txt", "a")
		upload(t, mock, "/v2/attachments/", "b.txt", "b")
		post(t, mock, "/v2/issues/JUNE-2/comments", "application/json", []byte(`{"text": "Hello"}`))
	}()
	found := mock.WaitFor(trackermock.Filter{Match: trackermock.Match{Operation: "upload_temp_file"}}, 2, 5*time.Second)
	equal(t, "deviations", found[0].Deviations[0].Kind, "unknown-parameter")
	<-done
	match := trackermock.Match{JSON: map[string]any{"/text": "Hel*"}, Header: map[string]string{"x-org-id": mock.Org}, Method: "POST"}
	comments := mock.Requests(trackermock.Filter{Match: match, Since: found[1].ID, Limit: 5})
	equal(t, "comments", []any{len(comments), comments[0].RequestText}, []any{1, `{"text": "Hello"}`})
	equal(t, "none", len(mock.Requests(trackermock.Filter{Match: trackermock.Match{Query: map[string]string{"filenam": "c"}}})), 0)
}

func TestWhatIsStored(t *testing.T) {
	t.Parallel()
	mock := trackermock.Start(t)
	upload(t, mock, "/v2/attachments/", "loose.txt", "loose")
	upload(t, mock, "/v2/issues/JUNE-3/attachments", "new.txt", "new")
	var found []string
	for _, file := range mock.Files() {
		found = append(found, file.Name+" "+file.At+" "+string(file.Content[:3]))
	}
	equal(t, "files", found, []string{
		"loose.txt temporary loo", "notes.txt project/6 A t", "схема.png project/6 \x89PN", "report.csv JUNE-2 nam",
		"alpha.txt JUNE-2/comments/1 alp", "new.txt JUNE-3 new",
	})
	equal(t, "entity", mock.Entity("project/4")["version"], 77)
	equal(t, "issue", mock.Issue("JUNE-2")["summary"], "Issue with a file and a comment")
}

func TestClockAndSeed(t *testing.T) {
	t.Parallel()
	mock := trackermock.Start(t)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	mock.Freeze(at)
	mock.Seed(7)
	mock.Advance(90 * time.Second)
	equal(t, "now", mock.Now().UTC(), at.Add(90*time.Second))
	mock.Tick(time.Second)
	post(t, mock, "/v2/issues/JUNE-2/comments", "application/json", []byte(`{"text": "Hello"}`))
	equal(t, "a step later", mock.Now().UTC(), at.Add(91*time.Second))
}

func TestSnapshotsAndStates(t *testing.T) {
	t.Parallel()
	mock := trackermock.Start(t)
	mock.Snapshot("a/b")
	upload(t, mock, "/v2/issues/JUNE-3/attachments", "new.txt", "new")
	var state json.RawMessage
	mock.State(&state)
	mock.Restore("a/b")
	equal(t, "files of JUNE-3", len(mock.Issue("JUNE-3")["attachments"].([]any)), 0)
	mock.Load(state)
	mock.AssertAttached("new.txt", "JUNE-3", 1)
	mock.Reset()
	equal(t, "files of JUNE-3", len(mock.Issue("JUNE-3")["attachments"].([]any)), 0)
}

// Cases are the tests that TestFailures runs in a process of their own, to read what they print.
var cases = map[string]func(t *testing.T){
	"a fault never fires": func(t *testing.T) {
		trackermock.Start(t, trackermock.Faults(trackermock.Rule{Preset: "lost-answer"}))
	},
	"a fault was disarmed": func(t *testing.T) {
		trackermock.Start(t, trackermock.Faults(trackermock.Rule{Do: &trackermock.Action{Status: 503}})).Disarm()
	},
	"a client deviates": func(t *testing.T) {
		upload(t, trackermock.Start(t), "/v2/attachments/?filenam=b.txt", "a.txt", "text")
	},
	"a test fails by itself": func(t *testing.T) {
		mock := trackermock.Start(t, trackermock.Faults(trackermock.Rule{Name: "full", Times: 1, Do: &trackermock.Action{Status: 507}}))
		upload(t, mock, "/v2/attachments/", "a.txt", "text")
		upload(t, mock, "/v2/attachments/", "a.txt", "text")
		t.Error("of its own")
	},
	"an upload is missed": func(t *testing.T) {
		mock := trackermock.Start(t, trackermock.Faults(trackermock.Rule{Name: "full", Times: 1, Do: &trackermock.Action{Status: 507}}))
		mock.AssertUploaded("a.txt", trackermock.UploadOf{})
		upload(t, mock, "/v2/attachments/", "a.txt", "12345")
		upload(t, mock, "/v2/attachments/", "a.txt", "12345")
		mock.AssertUploaded("a.txt", trackermock.UploadOf{Content: []byte("12x45"), Attempts: 1})
	},
	"an attachment is missed": func(t *testing.T) {
		mock := trackermock.Start(t)
		upload(t, mock, "/v2/attachments/", "a.txt", "text")
		mock.AssertAttached("a.txt", "JUNE-2", 2)
	},
	"a notification is missed": func(t *testing.T) {
		mock := trackermock.Start(t)
		_, id := upload(t, mock, "/v2/attachments/", "a.txt", "text")
		post(t, mock, "/v2/entities/project/4/attachments/"+id, "", nil)
		mock.AssertNotified(trackermock.NotificationOf{To: []string{"author"}, File: "b.txt", Times: 2})
	},
	"a wait is in vain": func(t *testing.T) {
		trackermock.Start(t).WaitFor(trackermock.Filter{Match: trackermock.Match{File: "a.txt"}}, 1, time.Millisecond)
	},
	"a rule is wrong": func(t *testing.T) {
		trackermock.Start(t).Arm(trackermock.Rule{Preset: "flaky"})
	},
	"there is no such entity": func(t *testing.T) {
		trackermock.Start(t).Entity("goal/9")
	},
}

var printed = map[string]string{
	"a fault never fires": `tracker-mock found fault-never-fired, although the test passed:
  fault-never-fired: the fault "lost-answer" never fired: no request matched it
To let that pass, start the world with trackermock.Allow("fault-never-fired").

What the client sent:
world ORG at URL
no request
armed, but never fired: lost-answer
`,
	"a fault was disarmed": `tracker-mock found fault-never-fired, although the test passed:
  fault-never-fired: the fault "rule 0" was disarmed and had never fired
To let that pass, start the world with trackermock.Allow("fault-never-fired").

What the client sent:
world ORG at URL
no request
`,
	"a client deviates": `tracker-mock found unknown-parameter, although the test passed:
  unknown-parameter: request N, POST /v2/attachments/: The parameter "filenam" is not documented for upload_temp_file and was ignored; did you mean "filename"?
To let that pass, start the world with trackermock.Allow("unknown-parameter").

What the client sent:
world ORG at URL
#N POST /v2/attachments/?filenam=b.txt -> 201  upload_temp_file
    part name="file" filename="a.txt": application/octet-stream, 4 bytes
    unknown-parameter: The parameter "filenam" is not documented for upload_temp_file and was ignored; did you mean "filename"?
    curl -X POST 'URL/v2/attachments/?filenam=b.txt' HEADERS -F 'file=@"a.txt";filename="a.txt";type=application/octet-stream'
`,
	"a test fails by itself": `of its own
What the client sent:
world ORG at URL
#N POST /v2/attachments/ -> 507  upload_temp_file  attempt 1 of 2
    part name="file" filename="a.txt": application/octet-stream, 4 bytes
    fault full: status 507
    curl -X POST 'URL/v2/attachments/' HEADERS -F 'file=@"a.txt";filename="a.txt";type=application/octet-stream'
#N POST /v2/attachments/ -> 201  upload_temp_file  attempt 2 of 2
    part name="file" filename="a.txt": application/octet-stream, 4 bytes
    curl -X POST 'URL/v2/attachments/' HEADERS -F 'file=@"a.txt";filename="a.txt";type=application/octet-stream'
`,
	"an upload is missed": `No upload of "a.txt" was accepted.
The client sent no request to this world.
No upload of "a.txt" with 5 bytes in 1 attempt was accepted.
The nearest requests:
  #N POST /v2/attachments/ -> 201  upload_temp_file  attempt 2 of 2
      from byte 2 on it sent "345" and not "x45"
      it took 2 attempts and not 1
  #N POST /v2/attachments/ -> 507  upload_temp_file  attempt 1 of 2
      it was answered 507, by the fault full
      its bytes are not stored, so that only their number can be compared
      it took 2 attempts and not 1
`,
	"an attachment is missed": `"a.txt" is attached to JUNE-2 0 times and not 2 times.
  "a.txt" is temporary, as file 30
  "report.csv" is attached to JUNE-2, as file 7
  "alpha.txt" is attached to JUNE-2/comments/1, as file 8
The nearest requests:
  #N POST /v2/attachments/ -> 201  upload_temp_file
      it uploads a temporary file, which a later request has to attach
`,
	"a notification is missed": `0 such notifications of 1 in the outbox; 2 were expected.
  fileAdded "a.txt" of project 6586d6fee2b9ef74e69df1ef: it went to lead, team-1, team-2, client, follower and not to author; its file is "a.txt" and not "b.txt"
The nearest requests:
  #N POST /v2/entities/project/4/attachments/30 -> 200  attach_file
`,
	"a wait is in vain": `tracker-mock: GET /_mock/requests/wait: Expected at least 1 request with file a.txt; seen 0 among 0 in the journal.
`,
	"a rule is wrong": `tracker-mock: POST /_mock/faults: rules[0].preset: "flaky" is not known here. Did you mean flaky-503? Known: rate-limit, flaky-503, lost-answer, slow-upload, truncated-download.
`,
	"there is no such entity": `There is no entity goal/9 in this world.
`,
}

var place = regexp.MustCompile(`(?m)^ +trackermock_test\.go:\d+: |^ {8}`)
var varying = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`world [a-z0-9-]+ at`), "world ORG at"},
	{regexp.MustCompile(`http://127\.0\.0\.1:\d+`), "URL"},
	{regexp.MustCompile(`#\d+|request [\dN]+,`), "#N"},
	{regexp.MustCompile(`( -H '[^']*')+`), " HEADERS"},
}

func plain(text string) string {
	for _, one := range varying {
		text = one.what.ReplaceAllString(text, one.with)
	}
	return text
}

func TestFailures(t *testing.T) {
	if name := os.Getenv("TRACKER_MOCK_CASE"); name != "" {
		cases[name](t)
		return
	}
	for name := range cases {
		name := name
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output, code := again(t, "TestFailures", "TRACKER_MOCK_CASE="+name)
			_, output, _ = strings.Cut(output, "=== RUN   TestFailures\n")
			output, _, _ = strings.Cut(output, "--- FAIL")
			// The report follows in each, also where it is not written out above.
			found := plain(place.ReplaceAllString(output, ""))
			expected := plain(printed[name])
			if code != 1 || !strings.HasPrefix(found, expected) || !strings.Contains(found, "What the client sent:\nworld ORG at URL\n") {
				t.Errorf("it ended with %d and printed\n%s\nand not\n%s", code, found, expected)
			}
		})
	}
}

// again runs a test of this file in a process of its own.
func again(t *testing.T, test string, env ...string) (string, int) {
	t.Helper()
	command := exec.Command(os.Args[0], "-test.run=^"+test+"$", "-test.v")
	command.Env = append(os.Environ(), env...)
	output, err := command.CombinedOutput()
	if _, isExit := err.(*exec.ExitError); err != nil && !isExit {
		t.Fatal(err)
	}
	return string(output), command.ProcessState.ExitCode()
}

func TestWhereTheServerIsFound(t *testing.T) {
	if os.Getenv("TRACKER_MOCK_SEEK") != "" {
		mock := trackermock.Start(t)
		mock.Seed(7)
		t.Logf("found %s", mock.URL)
		return
	}
	mock := trackermock.Start(t)
	program, err := exec.LookPath(os.Getenv("TRACKER_MOCK_BIN"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Symlink(program, folder+"/tracker-mock"); err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		name, url, bin, path string
		code                 int
		expected             string
	}{
		{"by its address", mock.URL + "/", "/no/such", "/no/such", 0, "found " + regexp.QuoteMeta(mock.URL) + "\n"},
		{"by the program", "", program, "/no/such", 0, `found http://127\.0\.0\.1:\d+\n`},
		{"on the PATH", "", "", folder, 0, `found http://127\.0\.0\.1:\d+\n`},
		{"a wrong program", "", "/no/such", folder, 1, `tracker-mock: fork/exec /no/such: no such file or directory\n`},
		{"a program that ends", "", "/bin/true", folder, 1, `tracker-mock: /bin/true ended before it was ready; see its stderr\n`},
		{"nowhere", "", "", "/no/such", 0, `There is no tracker-mock: set TRACKER_MOCK_URL to the address of a server or TRACKER_MOCK_BIN to the program, or put the program on the PATH\.\n--- SKIP`},
	} {
		t.Run(one.name, func(t *testing.T) {
			output, code := again(t, "TestWhereTheServerIsFound", "TRACKER_MOCK_SEEK=1",
				"TRACKER_MOCK_URL="+one.url, "TRACKER_MOCK_BIN="+one.bin, "PATH="+one.path)
			if code != one.code || !regexp.MustCompile(one.expected).MatchString(output) {
				t.Errorf("it ended with %d and printed\n%s\nand not\n%s", code, output, one.expected)
			}
		})
	}
	// A server that somebody else has started keeps the worlds.
	equal(t, "worlds", worlds(t, mock.URL, "testwheretheserverisfound-"), 1)
}

// worlds counts the worlds of a server whose organisation begins so.
func worlds(t *testing.T, address, prefix string) (found int) {
	t.Helper()
	answer, err := http.Get(address + "/_mock/worlds")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var all []struct{ Org string }
	if err := json.NewDecoder(answer.Body).Decode(&all); err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		if strings.HasPrefix(one.Org, prefix) {
			found++
		}
	}
	return found
}

func TestTheWorldOfATestIsForgotten(t *testing.T) {
	var mock *trackermock.World
	t.Run("inner", func(t *testing.T) {
		mock = trackermock.Start(t)
		upload(t, mock, "/v2/attachments/", "a.txt", "text")
		equal(t, "worlds before its end", worlds(t, mock.URL, mock.Org), 1)
	})
	equal(t, "worlds after its end", worlds(t, mock.URL, mock.Org), 0)
}

func TestTheServerEndsWithAKilledTest(t *testing.T) {
	if os.Getenv("TRACKER_MOCK_KILL") != "" {
		if _, err := os.Stdout.WriteString(trackermock.Start(t).URL + "\n"); err != nil {
			t.Fatal(err)
		}
		select {}
	}
	command := exec.Command(os.Args[0], "-test.run=^TestTheServerEndsWithAKilledTest$")
	command.Env = append(os.Environ(), "TRACKER_MOCK_KILL=1")
	output, err := command.StdoutPipe()
	if err != nil || command.Start() != nil {
		t.Fatal("the test cannot be started")
	}
	line := make([]byte, 100)
	read, err := output.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimSpace(string(line[:read]))
	if _, err := http.Get(address + "/_mock/health"); err != nil {
		t.Fatal(err)
	}
	if err := command.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		answer, err := client.Get(address + "/_mock/health")
		if err != nil {
			return
		}
		answer.Body.Close()
	}
	t.Errorf("the server at %s still answers", address)
}
