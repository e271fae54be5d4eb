package contract

// What the recorded cases call the parts of their server.
const (
	ProjectID      = "5fd96f92-ad89-4cbb-bc2d-df507db097ce" // the project of most keys
	OtherProjectID = "proj2-13.25.3"                        // a sibling
	SessionID      = "b20aafa9-d987-4387-8821-f754bcf22004" // a session that was started before the first case
)

// SessionExternalID is the external id of SessionID.
const SessionExternalID = "sum"

// Key is one of the keys that the cases present.
type Key struct {
	Name    string // what it is for
	Secret  string // in the recordings, where it is of use to nobody
	Scopes  []string
	Project string // ProjectID, OtherProjectID, or "" for the whole team
	Expired bool
	Revoked bool
}

// Keys lists the keys of the cases.
func Keys() []Key {
	read, write := "memories:read", "memories:write"
	return []Key{
		{Name: "full", Secret: "cmem_1e6ef041ac23f0888adff915a4b9bb5c164d06bca6b1eb3f", Scopes: []string{read, write}, Project: ProjectID},
		{Name: "team", Secret: "cmem_90341be952b59883d83c96884f2f0a9e6b62ee2b4fa1a69b", Scopes: []string{read, write}},
		{Name: "reader", Secret: "cmem_b3478af293375bb47436d633578bb4b71521ef712d599ab0", Scopes: []string{read}, Project: ProjectID},
		{Name: "other", Secret: "cmem_7d4143659e6ee610b1d22dcb37ac1603b0dc7175ded625c1", Scopes: []string{read, write}, Project: OtherProjectID},
		{Name: "admin", Secret: "cmem_86fc2d295c93a3fbaacaff2420ba530cfa797bb938d27c4c", Scopes: []string{"admin"}, Project: ProjectID},
		{Name: "expired", Secret: "cmem_8e2763e51715e7ebf14ea894c43cca16b9432a5f21f8ceaa", Scopes: []string{read, write}, Project: ProjectID, Expired: true},
		{Name: "revoked", Secret: "cmem_50e1392e99a54a4c22c215eb83c948ea0fcd0c11658425d6", Scopes: []string{read, write}, Project: ProjectID, Revoked: true},
	}
}
