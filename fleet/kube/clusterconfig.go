package kube

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd/api"
)

// How often a cluster of a Secret is asked at most, each second and at once: Argo CD's
// own figures.
const (
	secretQPS   = 50
	secretBurst = 100
)

// clusterConfig is how to talk to a cluster, as Argo CD writes it into a Secret.
type clusterConfig struct {
	Username    string `json:"username"`
	Password    string `json:"password"`
	BearerToken string `json:"bearerToken"`
	TLS         struct {
		Insecure   bool   `json:"insecure"`
		ServerName string `json:"serverName"`
		CertData   []byte `json:"certData"`
		KeyData    []byte `json:"keyData"`
		CAData     []byte `json:"caData"`
	} `json:"tlsClientConfig"`
	AWS                *awsAuth  `json:"awsAuthConfig"`
	Exec               *execAuth `json:"execProviderConfig"`
	DisableCompression bool      `json:"disableCompression"`
	ProxyURL           string    `json:"proxyUrl"`
}

// awsAuth has Argo CD's own program ask AWS for a token.
type awsAuth struct {
	ClusterName string `json:"clusterName"`
	RoleARN     string `json:"roleARN"`
	Profile     string `json:"profile"`
}

// execAuth has some program give a token or a certificate.
type execAuth struct {
	Command     string            `json:"command"`
	Args        []string          `json:"args"`
	Env         map[string]string `json:"env"`
	APIVersion  string            `json:"apiVersion"`
	InstallHint string            `json:"installHint"`
	// Argo CD 2 has no such fields, and would not tell the program.
	ProvideClusterInfo bool             `json:"provideClusterInfo"`
	Config             *json.RawMessage `json:"config"`
}

// rest gives the client's configuration, as Argo CD makes it.
func (c *clusterConfig) rest(server string) (*rest.Config, error) {
	config, err := c.authenticated(server)
	if err != nil {
		return nil, err
	}
	if c.ProxyURL != "" {
		u, err := url.Parse(c.ProxyURL)
		if err != nil {
			return nil, err
		}
		if !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme) {
			return nil, fmt.Errorf("a proxy of scheme %q", u.Scheme)
		}
		config.Proxy = http.ProxyURL(u)
	}
	config.DisableCompression = c.DisableCompression
	config.QPS, config.Burst = secretQPS, secretBurst
	return config, nil
}

func (c *clusterConfig) authenticated(server string) (*rest.Config, error) {
	if server == ownAddress {
		return c.own()
	}
	config := &rest.Config{Host: server, TLSClientConfig: rest.TLSClientConfig{
		Insecure: c.TLS.Insecure, ServerName: c.TLS.ServerName,
		CertData: c.TLS.CertData, KeyData: c.TLS.KeyData, CAData: c.TLS.CAData,
	}}
	switch {
	case c.AWS != nil:
		config.ExecProvider = c.AWS.exec()
	case c.Exec != nil:
		config.ExecProvider = c.Exec.exec()
	default:
		config.Username, config.Password, config.BearerToken = c.Username, c.Password, c.BearerToken
	}
	return config, nil
}

// ownAddress is the address under which a Secret means the cluster that it is in.
const ownAddress = "https://kubernetes.default.svc"

// own is the cluster that the program runs in as a pod, as the pod's account unless the
// Secret has another.
func (c *clusterConfig) own() (*rest.Config, error) {
	config, err := rest.InClusterConfig()
	if err == nil && (c.Username != "" || c.Password != "" || c.BearerToken != "") {
		config.Username, config.Password = c.Username, c.Password
		config.BearerToken, config.BearerTokenFile = c.BearerToken, ""
	}
	return config, err
}

func (a *awsAuth) exec() *api.ExecConfig {
	args := []string{"aws", "--cluster-name", a.ClusterName}
	if a.RoleARN != "" {
		args = append(args, "--role-arn", a.RoleARN)
	}
	if a.Profile != "" {
		args = append(args, "--profile", a.Profile)
	}
	return &api.ExecConfig{
		APIVersion: "client.authentication.k8s.io/v1beta1", InteractiveMode: api.NeverExecInteractiveMode,
		Command: "argocd-k8s-auth", Args: args,
	}
}

func (e *execAuth) exec() *api.ExecConfig {
	config := &api.ExecConfig{
		APIVersion: e.APIVersion, InteractiveMode: api.NeverExecInteractiveMode,
		Command: e.Command, Args: e.Args, InstallHint: e.InstallHint, ProvideClusterInfo: e.ProvideClusterInfo,
	}
	for _, name := range slices.Sorted(maps.Keys(e.Env)) {
		config.Env = append(config.Env, api.ExecEnvVar{Name: name, Value: e.Env[name]})
	}
	if e.Config != nil {
		config.Config = &runtime.Unknown{Raw: *e.Config, ContentType: runtime.ContentTypeJSON}
	}
	return config
}
