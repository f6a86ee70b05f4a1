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

//go:generate go tool -modfile=../../tools/controller-gen/go.mod controller-gen object crd:crdVersions=v1,headerFile=crd-header.txt paths=. output:object:dir=. output:crd:dir=../../deploy/crds

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Group, Version and their join, the documents' apiVersion.
const (
	Group          = "shopset.dev"
	Version        = "v1alpha1"
	shopsetVersion = Group + "/" + Version
)

// Tier is the unit of release: its ShopSets are updated together, after those of
// every Tier of a lower order.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Cluster,categories=fleet
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Order",type=integer,JSONPath=`.spec.order`
// +kubebuilder:printcolumn:name="Branch",type=string,JSONPath=`.spec.branch`
// +kubebuilder:printcolumn:name="Soak",type=string,JSONPath=`.spec.soak`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="metadata.name is no DNS label; use at most 63 lower-case letters, digits and -, beginning and ending with a letter or digit",fieldPath=".metadata"
type Tier struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec TierSpec `json:"spec"`

	// status is written by the controller of the cluster, and only read here.
	//
	// +optional
	Status Status `json:"status,omitempty"`
}

// TierSpec is what a Tier asks for.
type TierSpec struct {
	// order ranks the Tiers, the lowest first. Each Tier has its own; gaps are allowed.
	//
	// +kubebuilder:validation:Minimum=0
	Order int64 `json:"order"`

	// branch is the git branch that the Tier's ShopSets are deployed from. Left out, of all
	// Tiers of a fleet: none is deployed from git.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=250
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('refs/')",message="is a full reference; write the branch alone"
	// +kubebuilder:validation:XValidation:rule="!self.matches(r'[\\x00-\\x20\\x7f~^:?*\\[\\\\]') && !self.contains('..') && !self.contains('@{') && !self.contains('//') && !self.matches('^[-/]|[/.]$|(^|/)[.]|[.]lock($|/)|^@$|^HEAD$')",message="is no name of a git branch (git check-ref-format says what is)"
	Branch string `json:"branch,omitempty" need:"name the branch, or leave it out if there is no git"`

	// soak is how long a Release has to be verified in this Tier before it may
	// move on: 24h, 7d, 1d12h. Left out: no time is asked for.
	//
	// +optional
	// +kubebuilder:validation:XValidation:rule="!self.matches('[0-9]{3}y|[0-9]{4}w|[0-9]{5}d|[0-9]{6}h|[0-9]{8}|y.*y|w.*w|d.*d|h.*h')",message="is too long; write 99y, 999w, 9999d or 99999h at most, and each unit once"
	Soak Duration `json:"soak,omitempty"`
}

// Configuration is an environment that ShopSets connect to, such as staging.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Cluster,categories=fleet
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Description",type=string,JSONPath=`.spec.description`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="metadata.name is no DNS label; use at most 63 lower-case letters, digits and -, beginning and ending with a letter or digit",fieldPath=".metadata"
type Configuration struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	// +optional
	Spec ConfigurationSpec `json:"spec,omitempty"`

	// status is written by the controller of the cluster, and only read here.
	//
	// +optional
	Status Status `json:"status,omitempty"`
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
// +kubebuilder:resource:scope=Cluster,categories=fleet
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Description",type=string,JSONPath=`.spec.description`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="metadata.name is no DNS label; use at most 63 lower-case letters, digits and -, beginning and ending with a letter or digit",fieldPath=".metadata"
type FailureDomain struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	// +optional
	Spec FailureDomainSpec `json:"spec,omitempty"`

	// status is written by the controller of the cluster, and only read here.
	//
	// +optional
	Status Status `json:"status,omitempty"`
}

// FailureDomainSpec describes a FailureDomain.
type FailureDomainSpec struct {
	// description is for people.
	//
	// +optional
	Description string `json:"description,omitempty"`

	// source is the name of the source that has the samples of the
	// ShopSets in here. Left out: the only one that
	// there is, or each ShopSet names its own.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Source string `json:"source,omitempty"`
}

// ShopSet is one full, isolated copy of the shop platform.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Cluster,categories=fleet
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Tier",type=string,JSONPath=`.spec.tier`
// +kubebuilder:printcolumn:name="Configuration",type=string,JSONPath=`.spec.configuration`
// +kubebuilder:printcolumn:name="FailureDomain",type=string,JSONPath=`.spec.failureDomain`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="metadata.name is no DNS label; use at most 63 lower-case letters, digits and -, beginning and ending with a letter or digit",fieldPath=".metadata"
type ShopSet struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec ShopSetSpec `json:"spec"`

	// status is written by the controller of the cluster, and only read here.
	//
	// +optional
	Status Status `json:"status,omitempty"`
}

// ShopSetSpec says what a ShopSet is made of and where it stands.
type ShopSetSpec struct {
	// tier is the name of the one Tier that the ShopSet belongs to.
	//
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Tier string `json:"tier"`

	// configuration is the name of the Configuration that it connects to. Left out where
	// the fleet declares none.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Configuration string `json:"configuration,omitempty"`

	// failureDomain is the name of the FailureDomain that it runs in. Left out where the
	// fleet declares none.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	FailureDomain string `json:"failureDomain,omitempty"`

	// source is the name of the source that has the samples. Left out: that of the
	// FailureDomain.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Source string `json:"source,omitempty"`

	// components are the parts that a customer passes through.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Components []string `json:"components,omitempty"`

	// match holds the labels that all series of this ShopSet carry, and no series
	// of another ShopSet. Left out: shopset, with the ShopSet's name.
	//
	// +optional
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(name, name.matches('^[a-zA-Z_][a-zA-Z0-9_]*$') && !name.startsWith('__'))",message="has a label name that is none; use letters, digits and _, a digit not first"
	// +kubebuilder:validation:XValidation:rule="self.all(name, size(self[name]) > 0 && size(self[name]) <= 512)",message="has a label with an empty value, which means a series without it, or one of over 512 bytes"
	Match map[string]string `json:"match,omitempty" need:"leave it out to have its default"`

	// formerly is what the ShopSet was called, and the labels that its series carried,
	// before: its history goes on.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Formerly []Former `json:"formerly,omitempty" need:"leave it out if the ShopSet never had another name"`

	// capacity is how much the ShopSet can take, in the unit of all capacities and
	// loads, such as requests per second. Left out: not known.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	Capacity int64 `json:"capacity,omitempty"`
}

// Former is a name, or labels, that a ShopSet had before.
//
// +kubebuilder:validation:XValidation:rule="has(self.name) || has(self.match)",message="says nothing; give the name that the ShopSet had, or the match, or both"
type Former struct {
	// name is the name that the ShopSet had. Left out: the one that it has.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`

	// match holds the labels that its series carried. Left out: those that they carry now,
	// or shopset with the former name where the ShopSet has no match either.
	//
	// +optional
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(name, name.matches('^[a-zA-Z_][a-zA-Z0-9_]*$') && !name.startsWith('__'))",message="has a label name that is none; use letters, digits and _, a digit not first"
	// +kubebuilder:validation:XValidation:rule="self.all(name, size(self[name]) > 0 && size(self[name]) <= 512)",message="has a label with an empty value, which means a series without it, or one of over 512 bytes"
	Match map[string]string `json:"match,omitempty" need:"leave it out to have its default"`
}

// ShopGroup is a group of shops that are served together.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Cluster,categories=fleet
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="ShopSets",type=string,JSONPath=`.spec.shopSets`
// +kubebuilder:printcolumn:name="FailureDomains",type=integer,JSONPath=`.spec.failureDomains`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="metadata.name is no DNS label; use at most 63 lower-case letters, digits and -, beginning and ending with a letter or digit",fieldPath=".metadata"
type ShopGroup struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec ShopGroupSpec `json:"spec"`

	// status is written by the controller of the cluster, and only read here.
	//
	// +optional
	Status Status `json:"status,omitempty"`
}

// ShopGroupSpec says who serves a ShopGroup.
//
// +kubebuilder:validation:XValidation:rule="self.failureDomains <= size(self.shopSets)",message="is more than the ShopSets that serve the group; name more of these, or ask for fewer FailureDomains",fieldPath=".failureDomains"
type ShopGroupSpec struct {
	// shopSets are the names of the ShopSets that serve the group, all of one Tier.
	//
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	ShopSets []string `json:"shopSets"`

	// failureDomains is how many different FailureDomains they have to be in.
	//
	// +kubebuilder:validation:Minimum=1
	FailureDomains int64 `json:"failureDomains"`

	// load is what the group's shops may ask of each ShopSet that serves them, in
	// the unit of capacity. Left out: not known.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	Load int64 `json:"load,omitempty"`
}

// Status is what the cluster's controller says about an object.
type Status struct {
	// conditions as Kubernetes has them; Ready sums them up.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation that the conditions are about.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
}
