{{- define "irsa-doctor.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 45 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- /* Cluster-wide objects of two releases must not meet. */ -}}
{{- define "irsa-doctor.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "irsa-doctor.fullname" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "irsa-doctor.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (include "irsa-doctor.fullname" .) -}}
{{- end -}}

{{- define "irsa-doctor.selectorLabels" -}}
app.kubernetes.io/name: irsa-doctor
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "irsa-doctor.labels" -}}
{{ include "irsa-doctor.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | quote }}
{{- end -}}

{{- define "irsa-doctor.image" -}}
{{- $repository := required "image.repository is required: the image that you built from deploy/Containerfile" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{- /* What the CronJob and the one-off Job have in common. */ -}}
{{- define "irsa-doctor.jobSpec" -}}
backoffLimit: {{ .Values.job.backoffLimit }}
activeDeadlineSeconds: {{ .Values.job.activeDeadlineSeconds }}
ttlSecondsAfterFinished: {{ .Values.job.ttlSecondsAfterFinished }}
podFailurePolicy:
  rules:
    # What would come out the same again: a finding (1), bad arguments (2), inconclusive (3), no such target (5), a bug (101).
    - action: FailJob
      onExitCodes:
        containerName: irsa-doctor
        operator: In
        values: [1, 2, 3, 5, 101]
    # A drained node is nobody's failure.
    - action: Ignore
      onPodConditions:
        - type: DisruptionTarget
          status: "True"
template:
  metadata:
    labels:
      {{- include "irsa-doctor.selectorLabels" . | nindent 6 }}
      {{- with .Values.podLabels }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with .Values.podAnnotations }}
    annotations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    serviceAccountName: {{ include "irsa-doctor.serviceAccountName" . }}
    automountServiceAccountToken: true
    enableServiceLinks: false
    restartPolicy: Never
    {{- with .Values.imagePullSecrets }}
    imagePullSecrets:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    securityContext:
      {{- toYaml .Values.podSecurityContext | nindent 6 }}
    {{- with .Values.nodeSelector }}
    nodeSelector:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .Values.tolerations }}
    tolerations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .Values.affinity }}
    affinity:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .Values.priorityClassName }}
    priorityClassName: {{ . }}
    {{- end }}
    containers:
      - name: irsa-doctor
        image: {{ include "irsa-doctor.image" . | quote }}
        imagePullPolicy: {{ .Values.image.pullPolicy }}
        args:
          {{- range concat .Values.args .Values.extraArgs }}
          - {{ . | quote }}
          {{- end }}
          - {{ printf "--cluster=%s" (required "cluster is required: the cluster's name in EKS" .Values.cluster) | quote }}
          {{- if .Values.metrics.enabled }}
          - {{ printf "--metrics-file=%s/%s" .Values.metrics.path .Values.metrics.file | quote }}
          {{- end }}
        {{- with .Values.env }}
        env:
          {{- toYaml . | nindent 10 }}
        {{- end }}
        resources:
          {{- toYaml .Values.resources | nindent 10 }}
        securityContext:
          {{- toYaml .Values.securityContext | nindent 10 }}
        {{- if .Values.metrics.enabled }}
        volumeMounts:
          - name: metrics
            mountPath: {{ .Values.metrics.path | quote }}
        {{- end }}
    {{- if .Values.metrics.enabled }}
    volumes:
      - name: metrics
        {{- if .Values.metrics.volume }}
        {{- toYaml .Values.metrics.volume | nindent 8 }}
        {{- else }}
        persistentVolumeClaim:
          claimName: {{ include "irsa-doctor.fullname" . }}-metrics
        {{- end }}
    {{- end }}
{{- end -}}
