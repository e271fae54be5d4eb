package privacy

import "strings"

// rule recognises a credential by what its issuer starts it with, what it is made
// of and how long the rest is at least.
type rule struct {
	prefix string
	kind   string
	rest   charset
	min    int // length of the rest
}

// charset is what a credential is made of.
type charset uint8

const (
	word  charset = iota // letters, digits, _ and -
	dots                 // word and .
	alnum                // letters and digits
	upper                // capitals and digits
	hex                  // lower-case hexadecimal
)

func (c charset) has(b byte) bool {
	switch c {
	case word:
		return isAlnum(b) || b == '_' || b == '-'
	case dots:
		return isAlnum(b) || b == '_' || b == '-' || b == '.'
	case alnum:
		return isAlnum(b)
	case upper:
		return b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
	case hex:
		return b >= '0' && b <= '9' || b >= 'a' && b <= 'f'
	}
	return false
}

// minToken is the length of the shortest credential the rules know.
const minToken = 18

// rules are tried in order, so that a longer prefix stands before a shorter one.
// The linker lays the table out: it costs nothing at init.
var rules = [...]rule{
	{"cmem_", "claude-mem-key", word, 20},
	// model providers
	{"sk-ant-", "anthropic-key", word, 20},
	{"sk-or-", "openrouter-key", word, 20},
	{"sk-proj-", "openai-key", word, 20},
	{"sk-svcacct-", "openai-key", word, 20},
	{"sk-admin-", "openai-key", word, 20},
	{"sk-", "openai-key", alnum, 20},
	{"gsk_", "groq-key", alnum, 30},
	{"xai-", "xai-key", alnum, 40},
	{"pplx-", "perplexity-key", alnum, 30},
	{"hf_", "huggingface-token", alnum, 30},
	{"r8_", "replicate-token", alnum, 30},
	// code hosts and registries
	{"ghp_", "github-token", alnum, 30},
	{"gho_", "github-token", alnum, 30},
	{"ghu_", "github-token", alnum, 30},
	{"ghs_", "github-token", alnum, 30},
	{"ghr_", "github-token", alnum, 30},
	{"github_pat_", "github-token", word, 40},
	{"glpat-", "gitlab-token", dots, 20},
	{"gldt-", "gitlab-token", word, 20},
	{"glrt-", "gitlab-token", word, 20},
	{"glptt-", "gitlab-token", word, 20},
	{"glcbt-", "gitlab-token", word, 20},
	{"ATBB", "bitbucket-token", alnum, 28},
	{"ATATT3", "atlassian-token", word, 60},
	{"npm_", "npm-token", alnum, 30},
	{"pypi-AgE", "pypi-token", word, 50},
	{"rubygems_", "rubygems-key", hex, 40},
	{"dckr_pat_", "docker-token", word, 20},
	// clouds
	{"AKIA", "aws-access-key", upper, 16},
	{"ASIA", "aws-access-key", upper, 16},
	{"ABIA", "aws-access-key", upper, 16},
	{"AIza", "google-key", word, 35},
	{"ya29.", "google-token", dots, 20},
	{"GOCSPX-", "google-secret", word, 20},
	{"dop_v1_", "digitalocean-token", hex, 60},
	{"doo_v1_", "digitalocean-token", hex, 60},
	{"dor_v1_", "digitalocean-token", hex, 60},
	{"HRKU-", "heroku-key", word, 30},
	{"dapi", "databricks-token", hex, 32},
	{"sbp_", "supabase-token", hex, 40},
	{"pscale_tkn_", "planetscale-token", dots, 30},
	{"pscale_pw_", "planetscale-password", dots, 30},
	{"tskey-", "tailscale-key", word, 20},
	{"nfp_", "netlify-token", alnum, 36},
	{"hvs.", "vault-token", word, 20},
	{"hvb.", "vault-token", word, 20},
	// services
	{"xoxb-", "slack-token", word, 20},
	{"xoxa-", "slack-token", word, 20},
	{"xoxp-", "slack-token", word, 20},
	{"xoxr-", "slack-token", word, 20},
	{"xoxs-", "slack-token", word, 20},
	{"xoxe.", "slack-token", dots, 20},
	{"xapp-", "slack-token", word, 20},
	{"sk_live_", "stripe-key", alnum, 16},
	{"sk_test_", "stripe-key", alnum, 16},
	{"rk_live_", "stripe-key", alnum, 16},
	{"rk_test_", "stripe-key", alnum, 16},
	{"whsec_", "webhook-secret", alnum, 24},
	{"SG.", "sendgrid-key", dots, 40},
	{"key-", "mailgun-key", hex, 32},
	{"SK", "twilio-key", hex, 32},
	{"shpat_", "shopify-token", hex, 32},
	{"shpca_", "shopify-token", hex, 32},
	{"shppa_", "shopify-token", hex, 32},
	{"shpss_", "shopify-secret", hex, 32},
	{"sq0atp-", "square-token", word, 20},
	{"sq0csp-", "square-secret", word, 40},
	{"lin_api_", "linear-key", alnum, 32},
	{"ntn_", "notion-token", alnum, 40},
	{"PMAK-", "postman-key", word, 50},
	{"glsa_", "grafana-token", word, 32},
	{"glc_", "grafana-token", word, 32},
	{"sntrys_", "sentry-token", word, 40},
	{"sntryu_", "sentry-token", word, 40},
	{"NRAK-", "newrelic-key", alnum, 27},
	{"dp.pt.", "doppler-token", alnum, 40},
	{"figd_", "figma-token", word, 36},
	{"AGE-SECRET-KEY-1", "age-key", upper, 50},
}

// token recognises a credential at the start of s and returns its length.
func token(s string) (kind string, length int) {
	for i := range rules {
		r := &rules[i]
		if s[0] != r.prefix[0] || !strings.HasPrefix(s, r.prefix) {
			continue
		}
		end := len(r.prefix)
		for end < len(s) && r.rest.has(s[end]) {
			end++
		}
		if r.rest == dots {
			end = len(strings.TrimRight(s[:end], ".")) // the full stop of a sentence
		}
		if end-len(r.prefix) >= r.min {
			return r.kind, end
		}
	}
	return jwt(s)
}

// jwt recognises three parts of base64 the first two of which are JSON objects.
func jwt(s string) (kind string, length int) {
	const object, longest = "eyJ", 16 << 10 // {" in base64
	if !strings.HasPrefix(s, object) {
		return "", 0
	}
	s = s[:min(len(s), longest)]
	parts, end, from := 0, 0, 0
	for ; end <= len(s); end++ {
		if end < len(s) && word.has(s[end]) {
			continue
		}
		if end-from < 10 || parts == 1 && !strings.HasPrefix(s[from:], object) {
			return "", 0
		}
		parts++
		if parts == 3 || end == len(s) || s[end] != '.' {
			break
		}
		from = end + 1
	}
	if parts < 3 {
		return "", 0
	}
	return "jwt", end
}

func isAlnum(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
}
