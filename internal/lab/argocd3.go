//go:build !argocd2

package lab

const argoCDVersion = 3
