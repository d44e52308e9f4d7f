// Package istio holds no code: its go.mod pins the release of Istio whose custom resource definitions the test cluster has.
package istio

// Without an import `go mod tidy` would drop the requirement; this package of Istio needs no other module.
import _ "istio.io/api/label"
