//go:build argocd2

package lab

const argoCDVersion = 2
