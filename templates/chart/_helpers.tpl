{{- /* The image as the kubelet takes it. */ -}}
{{- define "chaosc.image" -}}
{{- with .Values.image }}
{{- if and .tag .digest }}
{{- fail "image.tag and image.digest exclude each other: set the one that is not wanted to \"\"" }}
{{- end }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else if .tag }}{{ .repository }}:{{ .tag }}{{ else }}{{ .repository }}{{ end }}
{{- end }}
{{- end }}

{{- /*
The name of a Job that runs once: the compiled name, whose end is a hash of what it runs. Where values change its pod, the
hash is another, so that the Job is a new one and runs again: a Job's pod cannot be changed.
Takes the root, the name without its hash, and the hash.
*/ -}}
{{- define "chaosc.once" -}}
{{- $values := (index . 0).Values }}
{{- $hash := index . 2 }}
{{- $given := toJson (dict "image" $values.image "pod" (omit $values.pod "serviceAccountAnnotations")) }}
{{- $compiled := toJson (fromJson [[ compiled ]]) }}
{{- if ne $given $compiled }}
{{- $hash = sha256sum (print $hash $given) | trunc 10 }}
{{- end }}
{{- printf "%s-%s" (index . 1) $hash }}
{{- end }}
