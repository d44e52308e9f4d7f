// The pin of the commit of Chaos Mesh whose custom resource definitions the test cluster has. There is no code: its module
// requires another one of the same repository that exists only there, so nothing can be built with it from outside; it is
// downloaded by name, and go.sum says what has to come.
module chaosc.test/cluster/chaos-mesh

go 1.24.0

require github.com/chaos-mesh/chaos-mesh v0.9.1-0.20260902003049-47411975a8cb
