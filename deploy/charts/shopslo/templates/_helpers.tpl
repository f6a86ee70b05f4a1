{{/* What serve, exporter and bot have in common. Each takes (dict "root" $ "name" NAME "values" .Values.PART …). */}}

{{/* A component's name: NAME in the release "shopslo", else RELEASE-NAME. */}}
{{- define "shopslo.name" -}}
{{- if eq .root.Release.Name "shopslo" }}{{ .name }}{{ else }}{{ printf "%s-%s" .root.Release.Name .name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "shopslo.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "shopslo.labels" -}}
{{ include "shopslo.selector" . }}
app.kubernetes.io/part-of: shopslo
app.kubernetes.io/version: {{ .root.Chart.AppVersion }}
{{- if ne .root.Release.Service "kustomize" }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}
{{- end }}

{{- define "shopslo.meta" -}}
name: {{ include "shopslo.name" . }}
namespace: {{ .root.Release.Namespace }}
labels: {{- include "shopslo.labels" . | nindent 2 }}
{{- end }}

{{- define "shopslo.image" -}}
{{ .root.Values.image.registry }}/{{ .image }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{/* The ConfigMap of the fleet's documents, or of the SLOs: that of the values, or the chart's own. */}}
{{- define "shopslo.documents" -}}
{{- $v := index .root.Values .kind }}
{{- if $v.files }}{{ include "shopslo.name" (dict "root" .root "name" (printf "shopslo-%s" .kind)) }}-files{{ else }}{{ $v.configMap }}{{ end }}
{{- end }}

{{- define "shopslo.service" -}}
apiVersion: v1
kind: ServiceAccount
metadata: {{- include "shopslo.meta" . | nindent 2 }}
automountServiceAccountToken: false
---
apiVersion: v1
kind: Service
metadata: {{- include "shopslo.meta" . | nindent 2 }}
spec:
  selector: {{- include "shopslo.selector" . | nindent 4 }}
  ports:
  - {name: http, port: {{ .port }}, targetPort: http}
{{- if .values.networkPolicy.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{- include "shopslo.meta" . | nindent 2 }}
spec:
  podSelector:
    matchLabels: {{- include "shopslo.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
  - from: {{- toYaml .values.networkPolicy.from | nindent 4 }}
    ports:
    - {port: http, protocol: TCP}
  egress:
  {{- if .values.networkPolicy.egressPorts }}
  - ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
    {{- range .values.networkPolicy.egressPorts }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
  {{- else }}
  - {}
  {{- end }}
{{- end }}
{{- if .values.podDisruptionBudget.enabled }}
---
# At most one at a time: a node can always be drained.
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{- include "shopslo.meta" . | nindent 2 }}
spec:
  maxUnavailable: {{ .values.podDisruptionBudget.maxUnavailable }}
  selector:
    matchLabels: {{- include "shopslo.selector" . | nindent 6 }}
{{- end }}
{{- if .values.serviceMonitor.enabled }}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  {{- include "shopslo.meta" . | nindent 2 }}
    {{- with .values.serviceMonitor.labels }}{{- toYaml . | nindent 4 }}{{- end }}
spec:
  selector:
    matchLabels: {{- include "shopslo.selector" . | nindent 6 }}
  endpoints:
  - port: http
    interval: {{ .values.serviceMonitor.interval }}
    {{- include "shopslo.scrape" . | nindent 4 }}
{{- end }}
{{- end }}

{{/* How Prometheus reaches a component, and what it shows to be let in. */}}
{{- define "shopslo.scrape" -}}
{{- $m := .values.serviceMonitor }}
{{- if and $m.basicAuth $m.authorization }}
{{- fail (printf "serviceMonitor of %s: choose basicAuth or authorization" .name) }}
{{- end }}
{{- $scheme := $m.scheme | default (ternary "http" "https" (eq .values.web.scheme "HTTP")) }}
{{- if eq $scheme "https" }}
scheme: https
tlsConfig: {{- merge (deepCopy $m.tlsConfig) (dict "serverName" (printf "%s.%s.svc" (include "shopslo.name" .) .root.Release.Namespace)) | toYaml | nindent 2 }}
{{- else if $m.tlsConfig }}
{{- fail (printf "serviceMonitor of %s: tlsConfig needs scheme: https, or web.scheme: HTTPS" .name) }}
{{- end }}
{{- with $m.basicAuth }}
basicAuth: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $m.authorization }}
authorization: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* A probe of /-/PATH, which never asks for a password. */}}
{{- define "shopslo.probe" -}}
{{- if eq .scheme "TCP" -}}
tcpSocket: {port: http}
{{- else -}}
httpGet: {path: /-/{{ .path }}, port: http, scheme: {{ .scheme }}}
{{- end }}
{{- end }}

{{/* A StatefulSet, since there must never be two of what writes to one volume. */}}
{{- define "shopslo.statefulset" -}}
apiVersion: apps/v1
kind: StatefulSet
metadata: {{- include "shopslo.meta" . | nindent 2 }}
spec:
  replicas: {{ .replicas }}
  serviceName: {{ include "shopslo.name" . }}
  podManagementPolicy: Parallel
  selector:
    matchLabels: {{- include "shopslo.selector" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "shopslo.labels" . | nindent 8 }}
      annotations:
        kubectl.kubernetes.io/default-container: {{ .name }}
        {{- if ne .root.Release.Service "kustomize" }}
        checksum/config: {{ .checksum }}
        {{- end }}
        {{- with .values.podAnnotations }}{{- toYaml . | nindent 8 }}{{- end }}
    spec:
      serviceAccountName: {{ include "shopslo.name" . }}
      automountServiceAccountToken: {{ .token | default false }}
      enableServiceLinks: false
      {{- with .root.Values.imagePullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 6 }}
      {{- end }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 65534
        runAsGroup: 65534
        fsGroup: 65534
        fsGroupChangePolicy: OnRootMismatch
        seccompProfile: {type: RuntimeDefault}
      terminationGracePeriodSeconds: 30
      containers:
      - name: {{ .name }}
        image: {{ include "shopslo.image" . }}
        imagePullPolicy: {{ .root.Values.image.pullPolicy }}
        command: [/usr/bin/{{ .program }}]
        args:
        {{- range .args }}
        - {{ . | quote }}
        {{- end }}
        - --web.listen-address=:{{ .port }}
        {{- if .values.web.configSecret }}
        - --web.config.file=/etc/shopslo/web/web.yml
        {{- end }}
        {{- range .values.extraArgs }}
        - {{ . | quote }}
        {{- end }}
        env:
        {{- /* What git fetches for a moment has no bound that fits into /tmp. */}}
        {{- range $name, $value := merge (deepCopy .values.env) (dict "TMPDIR" .data) }}
        - {name: {{ $name }}, value: {{ $value | quote }}}
        {{- end }}
        {{- with concat .envFrom .values.extraEnvFrom }}
        envFrom: {{- toYaml . | nindent 8 }}
        {{- end }}
        ports:
        - {name: http, containerPort: {{ .port }}}
        startupProbe:
          {{- include "shopslo.probe" (dict "path" "healthy" "scheme" .values.web.scheme) | nindent 10 }}
          periodSeconds: 5
          failureThreshold: 60
        livenessProbe:
          {{- include "shopslo.probe" (dict "path" "healthy" "scheme" .values.web.scheme) | nindent 10 }}
          periodSeconds: 10
          timeoutSeconds: 5
          failureThreshold: 6
        readinessProbe:
          {{- include "shopslo.probe" (dict "path" "ready" "scheme" .values.web.scheme) | nindent 10 }}
          periodSeconds: 10
          timeoutSeconds: 5
        resources: {{- toYaml .values.resources | nindent 10 }}
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities: {drop: [ALL]}
        volumeMounts:
        - {name: data, mountPath: {{ .data }}}
        - {name: tmp, mountPath: /tmp}
        {{- range .volumes }}
        - {name: {{ .name }}, mountPath: {{ .path }}, readOnly: true}
        {{- end }}
        {{- if .values.web.configSecret }}
        - {name: web, mountPath: /etc/shopslo/web, readOnly: true}
        {{- end }}
        {{- with .values.extraVolumeMounts }}{{- toYaml . | nindent 8 }}{{- end }}
      volumes:
      - {name: tmp, emptyDir: {sizeLimit: 64Mi}}
      {{- range .volumes }}
      - name: {{ .name }}
        {{- if .secret }}
        secret: {secretName: {{ .secret }}, defaultMode: 0440}
        {{- else }}
        configMap: {name: {{ .configMap }}}
        {{- end }}
      {{- end }}
      {{- if .values.web.configSecret }}
      - {name: web, secret: {secretName: {{ .values.web.configSecret }}, defaultMode: 0440}}
      {{- end }}
      {{- if not .values.persistence.enabled }}
      - {name: data, emptyDir: {}}
      {{- end }}
      {{- with .values.extraVolumes }}{{- toYaml . | nindent 6 }}{{- end }}
      {{- with .values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .values.tolerations }}
      tolerations: {{- toYaml . | nindent 6 }}
      {{- end }}
      {{- with .values.affinity }}
      affinity: {{- toYaml . | nindent 8 }}
      {{- end }}
  {{- if .values.persistence.enabled }}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec:
      accessModes: [{{ .values.persistence.accessMode }}]
      {{- with .values.persistence.storageClass }}
      storageClassName: {{ . }}
      {{- end }}
      resources: {requests: {storage: {{ .values.persistence.size }}}}
  {{- end }}
{{- end }}
