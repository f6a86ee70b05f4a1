// Package manifest reads and writes fleets as Kubernetes-style YAML documents:
// apiVersion shopset.dev/v1alpha1, kinds Tier, Configuration, FailureDomain,
// ShopSet and ShopGroup. The same bytes are files here and custom resources in a
// cluster.
//
// Reading is strict and complete: an unknown key is a fault, and all faults of
// all files come back at once (Faults), each with file, line and column.
//
// +kubebuilder:object:generate=true
// +groupName=shopset.dev
// +versionName=v1alpha1
package manifest

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Group, Version and their join, the documents' apiVersion.
const (
	Group      = "shopset.dev"
	Version    = "v1alpha1"
	APIVersion = Group + "/" + Version
)

// Tier is the unit of release: its ShopSets are updated together, after those of
// every Tier of a lower order.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Cluster
// +kubebuilder:printcolumn:name="Order",type=integer,JSONPath=`.spec.order`
// +kubebuilder:printcolumn:name="Branch",type=string,JSONPath=`.spec.branch`
// +kubebuilder:printcolumn:name="Soak",type=string,JSONPath=`.spec.soak`
type Tier struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec TierSpec `json:"spec"`
}

// TierSpec is what a Tier asks for.
type TierSpec struct {
	// order ranks the Tiers, the lowest first. Each Tier has its own; gaps are allowed.
	//
	// +kubebuilder:validation:Minimum=0
	Order int64 `json:"order"`

	// branch is the git branch that the Tier's ShopSets are deployed from.
	//
	// +kubebuilder:validation:MinLength=1
	Branch string `json:"branch"`

	// soak is how long a Release has to be verified in this Tier before it may
	// move on: 24h, 7d, 1d12h. Left out: no time is asked for.
	//
	// +optional
	Soak Duration `json:"soak,omitempty"`
}

// Configuration is an environment that ShopSets connect to, such as staging.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Cluster
type Configuration struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	// +optional
	Spec ConfigurationSpec `json:"spec,omitempty"`
}

// ConfigurationSpec describes a Configuration.
type ConfigurationSpec struct {
	// description is for people.
	//
	// +optional
	Description string `json:"description,omitempty"`
}

// FailureDomain is a cluster or cloud that can fail as a whole.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Cluster
type FailureDomain struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	// +optional
	Spec FailureDomainSpec `json:"spec,omitempty"`
}

// FailureDomainSpec describes a FailureDomain.
type FailureDomainSpec struct {
	// description is for people.
	//
	// +optional
	Description string `json:"description,omitempty"`
}

// ShopSet is one full, isolated copy of the shop platform.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Cluster
// +kubebuilder:printcolumn:name="Tier",type=string,JSONPath=`.spec.tier`
// +kubebuilder:printcolumn:name="Configuration",type=string,JSONPath=`.spec.configuration`
// +kubebuilder:printcolumn:name="FailureDomain",type=string,JSONPath=`.spec.failureDomain`
type ShopSet struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec ShopSetSpec `json:"spec"`
}

// ShopSetSpec says what a ShopSet is made of and where it stands.
type ShopSetSpec struct {
	// tier is the name of the one Tier that the ShopSet belongs to.
	//
	// +kubebuilder:validation:MinLength=1
	Tier string `json:"tier"`

	// configuration is the name of the Configuration that it connects to.
	//
	// +kubebuilder:validation:MinLength=1
	Configuration string `json:"configuration"`

	// failureDomain is the name of the FailureDomain that it runs in.
	//
	// +kubebuilder:validation:MinLength=1
	FailureDomain string `json:"failureDomain"`

	// components are the parts that a customer passes through.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Components []string `json:"components,omitempty"`

	// match holds the labels that all series of this ShopSet carry, and no series
	// of another ShopSet. Left out: shopset, with the ShopSet's name.
	//
	// +optional
	// +kubebuilder:validation:MinProperties=1
	Match map[string]string `json:"match,omitempty"`
}

// ShopGroup is a group of shops that are served together.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Cluster
// +kubebuilder:printcolumn:name="ShopSets",type=string,JSONPath=`.spec.shopSets`
// +kubebuilder:printcolumn:name="FailureDomains",type=integer,JSONPath=`.spec.failureDomains`
type ShopGroup struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec ShopGroupSpec `json:"spec"`
}

// ShopGroupSpec says who serves a ShopGroup.
type ShopGroupSpec struct {
	// shopSets are the names of the ShopSets that serve the group, all of one Tier.
	//
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	ShopSets []string `json:"shopSets"`

	// failureDomains is how many different FailureDomains they have to be in.
	//
	// +kubebuilder:validation:Minimum=1
	FailureDomains int64 `json:"failureDomains"`
}
