module host.example/shop

go 1.22.0

require (
	host.example/direct v1.2.3
	"host.example/quoted" v2.0.0+incompatible // indirect; and a word
)

replace host.example/direct v1.2.3 => fork.example/direct v1.2.4
exclude host.example/old v1.0.0
retract [v0.1.0, v0.2.0]
