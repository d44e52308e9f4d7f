module chaosc.test/cluster/starter

go 1.25.0
