//go:build e2e && more

package lab

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/customers"
)

// limited gives a step of a test the time that it may take on a busy machine.
func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Minute, fmt.Errorf("3 minutes have passed"))
	t.Cleanup(cancel)
	return ctx
}

// eventually waits for something that Argo CD does in its own time.
func eventually(t *testing.T, what string, check func(context.Context) (ok bool, seen any)) {
	t.Helper()
	ctx := limited(t)
	for {
		ok, seen := check(ctx)
		if ok {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not seen; last: %v", what, seen)
		case <-time.After(300 * time.Millisecond):
		}
	}
}

func application(ctx context.Context, l *Lab, cluster, name string) (Application, error) {
	apps, err := l.Applications(ctx, cluster)
	if err != nil {
		return Application{}, err
	}
	for _, a := range apps {
		if a.Name == name {
			return a, nil
		}
	}
	return Application{}, fmt.Errorf("no Application %s in %s", name, cluster)
}

// versions of a component by ShopSet, as they run.
func versions(t *testing.T, l *Lab, component string) map[string]string {
	t.Helper()
	got := map[string]string{}
	for _, s := range l.Fleet.ShopSets() {
		v, err := l.Version(limited(t), string(s.Name), component)
		if err != nil {
			t.Fatal(err)
		}
		got[string(s.Name)] = v
	}
	return got
}

func wantVersions(t *testing.T, l *Lab, component string, changed map[string]string) {
	t.Helper()
	for shopSet, got := range versions(t, l, component) {
		want, ok := changed[shopSet]
		if !ok {
			want = FirstVersion
		}
		if got != want {
			t.Errorf("%s runs %s %s, want %s", shopSet, component, got, want)
		}
	}
}

func patch(t *testing.T, l *Lab, cluster, shopSet, component, version string) {
	t.Helper()
	_, err := l.Kubectl(limited(t), cluster, "patch", "configmap", component, "--namespace", shopSet, "-p", `{"data":{"version":"`+version+`"}}`)
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheFleetAsItReallyIs(t *testing.T) {
	l := ForTest(t, Options{})
	dir, running := l.Dir(), identities(t, l.Dir())
	if err := l.waitSynced(limited(t)); err != nil {
		t.Fatal(err)
	}
	// The steps follow one another in the same lab, which takes long to start.
	for _, step := range []struct {
		name string
		test func(*testing.T, *Lab)
	}{
		{"every component of nine ShopSets is an Application of its own cluster", inItsCluster},
		{"Prometheus scrapes Argo CD in every cluster", scraped},
		{"a change merged to tier-0 appears in dev and nowhere else", staysInDev},
		{"a promoted change appears in the next tier and nowhere else", promoted},
		{"a shop of each ShopSet runs what Argo CD has applied, and customers' counts are its own", shopsRun},
		{"a change by hand shows as drift and stays", driftStays},
		{"an API server that is killed takes only its own cluster away, and comes back with its data", serverDies},
		{"an API server that is suspended answers nothing, and goes on", serverHangs},
		{"an Application whose controller is stopped is not looked at any more", controllerStops},
		{"a git server that is down shows in Argo CD, and goes away", gitDown},
	} {
		if !t.Run(step.name, func(t *testing.T) { step.test(t, l) }) {
			return
		}
	}
	if err := l.Stop(); err != nil {
		t.Error(err)
	}
	nothingLeft(t, dir, running)
}

func inItsCluster(t *testing.T, l *Lab) {
	found := 0
	for _, cluster := range l.Clusters() {
		apps, err := l.Applications(limited(t), cluster)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range apps {
			found++
			if s := l.shopSet(t, a.ShopSet); s != cluster || !a.Settled() || a.Name != a.ShopSet+"-"+a.Component {
				t.Errorf("%+v is in %s, its ShopSet in %s", a, cluster, s)
			}
		}
	}
	if found != 45 {
		t.Errorf("%d Applications, want 9 ShopSets times 5 components", found)
	}
	for _, component := range []string{"lb", "proxy", "shop-page", "cart", "api"} {
		wantVersions(t, l, component, nil)
	}
}

func (l *Lab) shopSet(t *testing.T, name string) (cluster string) {
	t.Helper()
	for _, s := range l.Fleet.ShopSets() {
		if string(s.Name) == name {
			return string(s.FailureDomain)
		}
	}
	t.Errorf("no ShopSet %q", name)
	return ""
}

func scraped(t *testing.T, l *Lab) {
	eventually(t, "45 Applications in Prometheus, 15 per cluster", func(ctx context.Context) (bool, any) {
		got, err := l.Query(ctx, `count by (cluster) (argocd_app_info{job="argocd"}) == 15`)
		return err == nil && len(got) == 3, fmt.Sprint(got, err)
	})
}

func staysInDev(t *testing.T, l *Lab) {
	release, err := l.Repos.Release(limited(t), "dev", "cart", "1.1.0")
	if err != nil {
		t.Fatal(err)
	}
	// Nobody asks Argo CD to look: it polls.
	if err := l.waitSynced(limited(t)); err != nil {
		t.Fatal(err)
	}
	wantVersions(t, l, "cart", map[string]string{"c-2": "1.1.0"})
	if got, _, err := l.Repos.Deployed(limited(t), "dev"); err != nil || got != release {
		t.Errorf("dev refers to %s (%v), want the release %s", got, err, release)
	}
}

func promoted(t *testing.T, l *Lab) {
	if _, err := l.Repos.Promote(limited(t), "dev", "beta"); err != nil {
		t.Fatal(err)
	}
	if err := l.Refresh(limited(t)); err != nil {
		t.Fatal(err)
	}
	if err := l.waitSynced(limited(t)); err != nil {
		t.Fatal(err)
	}
	wantVersions(t, l, "cart", map[string]string{"c-2": "1.1.0", "c-1": "1.1.0"})
}

func shopsRun(t *testing.T, l *Lab) {
	exe, err := l.Build(limited(t), "./cmd/shopslo")
	if err != nil {
		t.Fatal(err)
	}
	shops, err := l.startShops(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer shops.Stop()
	if err := shops.WaitVersion(limited(t), FirstVersion, "a-1", "a-2", "a-3", "b-1", "b-2", "b-3", "c-3"); err != nil {
		t.Fatal(err)
	}
	if err := shops.WaitVersion(limited(t), "1.1.0", "c-1", "c-2"); err != nil {
		t.Fatal(err)
	}
	load, err := shops.customers(20)
	if err != nil {
		t.Fatal(err)
	}
	defer load.Stop()
	if _, err := l.Repos.ReleaseWith(limited(t), "dev", "cart", "1.2.0", map[string]string{"failOneIn": "2"}); err != nil {
		t.Fatal(err)
	}
	if err := l.Refresh(limited(t)); err != nil {
		t.Fatal(err)
	}
	if err := shops.WaitVersion(limited(t), "1.2.0", "c-2"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "failures in c-2's new version", func(context.Context) (bool, any) {
		cart := load.Tally("c-2", customers.Cart)
		return cart.Bad > 3, cart
	})
	load.Stop()
	for name := range shops.URLs() {
		for _, component := range []string{customers.Page, customers.Cart, customers.API} {
			tally := load.Tally(string(name), component)
			if tally.Sent == 0 || tally.Sent != tally.Good+tally.Bad+tally.Lost || (tally.Bad > 0) != (name == "c-2" && component == "cart") {
				t.Errorf("%s %s: %+v", name, component, tally)
			}
			if name == "c-2" {
				continue // two processes, each with counters of its own
			}
			expr := fmt.Sprintf(`sum(http_requests_total{job="shop",shopset=%q,component=%q}) == %d`, name, component, tally.Good+tally.Bad)
			eventually(t, expr, func(ctx context.Context) (bool, any) {
				got, err := l.Query(ctx, expr)
				return err == nil && len(got) == 1, fmt.Sprint(got, err)
			})
		}
	}
	eventually(t, "the versions in Prometheus", func(ctx context.Context) (bool, any) {
		got, err := l.Query(ctx, `count by (version) (shop_build_info{job="shop"})`)
		return err == nil && len(got) == 3, fmt.Sprint(got, err)
	})
}

func driftStays(t *testing.T, l *Lab) {
	patch(t, l, "eks-b", "b-1", "proxy", "by-hand")
	eventually(t, "b-1-proxy out of sync", func(ctx context.Context) (bool, any) {
		a, err := application(ctx, l, "eks-b", "b-1-proxy")
		return err == nil && a.Sync == "OutOfSync", fmt.Sprint(a, err)
	})
	first, err := application(limited(t), l, "eks-b", "b-1-proxy")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "b-1-proxy looked at again", func(ctx context.Context) (bool, any) {
		a, err := application(ctx, l, "eks-b", "b-1-proxy")
		return err == nil && a.ReconciledAt.After(first.ReconciledAt), fmt.Sprint(a, err)
	})
	wantVersions(t, l, "proxy", map[string]string{"b-1": "by-hand"})
	patch(t, l, "eks-b", "b-1", "proxy", FirstVersion)
	if err := l.waitSynced(limited(t)); err != nil {
		t.Fatal(err)
	}
}

func serverDies(t *testing.T, l *Lab) {
	if err := l.KillAPIServer("eks-b"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Applications(limited(t), "eks-b"); err == nil {
		t.Error("eks-b answers although its API server was killed")
	}
	for _, alive := range []string{"onprem-a", "onprem-c"} {
		if _, err := l.Applications(limited(t), alive); err != nil {
			t.Error(err)
		}
	}
	if err := l.StartAPIServer(limited(t), "eks-b"); err != nil {
		t.Fatal(err)
	}
	apps, err := l.Applications(limited(t), "eks-b")
	if err != nil || len(apps) != 15 {
		t.Errorf("eks-b is back with %d Applications (%v), want 15", len(apps), err)
	}
}

func serverHangs(t *testing.T, l *Lab) {
	if err := l.SuspendAPIServer("eks-b"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Kubectl(limited(t), "eks-b", "get", "namespaces", "--request-timeout=2s"); err == nil {
		t.Error("eks-b answers although its API server is suspended")
	}
	if err := l.ResumeAPIServer("eks-b"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Kubectl(limited(t), "eks-b", "get", "namespaces"); err != nil {
		t.Error(err)
	}
}

func controllerStops(t *testing.T, l *Lab) {
	if err := l.StopController("onprem-a"); err != nil {
		t.Fatal(err)
	}
	before, err := application(limited(t), l, "onprem-a", "a-1-api")
	if err != nil {
		t.Fatal(err)
	}
	patch(t, l, "onprem-a", "a-1", "api", "by-hand")
	// Two resyncs: a running controller would have seen it by then.
	time.Sleep(2*l.options.Resync + l.options.Jitter)
	after, err := application(limited(t), l, "onprem-a", "a-1-api")
	if err != nil {
		t.Fatal(err)
	}
	if !after.ReconciledAt.Equal(before.ReconciledAt) || after.Sync != "Synced" {
		t.Errorf("without a controller the status went from %+v to %+v", before, after)
	}
	if err := l.StartController(limited(t), "onprem-a"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a-1-api out of sync once the controller is back", func(ctx context.Context) (bool, any) {
		a, err := application(ctx, l, "onprem-a", "a-1-api")
		return err == nil && a.Sync == "OutOfSync", fmt.Sprint(a, err)
	})
	patch(t, l, "onprem-a", "a-1", "api", FirstVersion)
}

func gitDown(t *testing.T, l *Lab) {
	l.Repos.StopServer()
	eventually(t, "a comparison error for c-2-cart", func(ctx context.Context) (bool, any) {
		a, err := application(ctx, l, "onprem-c", "c-2-cart")
		return err == nil && strings.Contains(strings.Join(a.Conditions, "\n"), "ComparisonError"), fmt.Sprint(a, err)
	})
	if err := l.Repos.StartServer(); err != nil {
		t.Fatal(err)
	}
	if err := l.waitSynced(limited(t)); err != nil {
		t.Fatal(err)
	}
}

// holdVariable has the test binary hold a lab in the folder that it names.
const holdVariable = "SHOPSLO_LAB_TEST_HOLD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holdVariable); dir != "" {
		if _, err := Start(context.Background(), Options{Dir: dir}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		select {}
	}
	os.Exit(m.Run())
}

func TestALabWhoseProgramIsKilledLeavesNothing(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "lab")
	holder := exec.Command(exe)
	holder.Env = append(os.Environ(), holdVariable+"="+dir)
	holder.Stderr = os.Stderr
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- holder.Wait() }()
	eventually(t, "the lab is up", func(context.Context) (bool, any) {
		_, err := ReadInfo(dir)
		select {
		case end := <-ended:
			t.Fatalf("the program that holds the lab has ended: %v", end)
		default:
		}
		return err == nil, err
	})
	running := identities(t, dir)
	holder.Process.Signal(syscall.SIGKILL)
	<-ended
	nothingLeft(t, dir, running)
}

// identities are the processes of a running lab.
func identities(t *testing.T, dir string) []identity {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, pidsDir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var list []identity
	for _, f := range files {
		i, err := readIdentity(f)
		if err != nil {
			t.Fatal(err)
		}
		if !i.alive() {
			t.Errorf("%s does not run", filepath.Base(f))
		}
		list = append(list, i)
	}
	// etcd, Prometheus, and four per cluster
	if len(list) != 14 {
		t.Errorf("%d processes, want 14: %q", len(list), files)
	}
	return list
}

// nothingLeft fails if a process of a lab or its folder is still there after a
// while: the kernel ends the processes, the janitor removes the folder.
func nothingLeft(t *testing.T, dir string, running []identity) {
	t.Helper()
	eventually(t, "nothing left of the lab", func(context.Context) (bool, any) {
		var left []string
		for _, i := range running {
			if i.alive() {
				left = append(left, fmt.Sprintf("process %d", i.pid))
			}
		}
		if _, err := os.Stat(dir); err == nil {
			left = append(left, dir)
		}
		left = append(left, mentioning(dir)...)
		return len(left) == 0, left
	})
}

// mentioning are the processes whose command line or working folder has to do with
// a lab's folder: also those that have no pid file, such as git.
func mentioning(dir string) []string {
	var list []string
	procs, _ := filepath.Glob("/proc/[0-9]*")
	for _, p := range procs {
		line, _ := os.ReadFile(filepath.Join(p, "cmdline"))
		cwd, _ := os.Readlink(filepath.Join(p, "cwd"))
		if strings.Contains(string(line), dir) || strings.HasPrefix(cwd, dir) {
			list = append(list, filepath.Base(p)+" "+strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return list
}
