package privacy

import (
	"strings"
	"testing"
)

func TestPass(t *testing.T) {
	for in, want := range map[string]string{
		"DB_PASS=Xk29Fjwl20fkQpZ7":          "DB_PASS=[redacted:password]",
		"DB_PASS='Xk29Fjwl20fkQpZ7'":        "DB_PASS='[redacted:password]'",
		"MYSQL_PASS=correcthorse\n":         "MYSQL_PASS=[redacted:password]\n",
		"db.pass=Xk29Fjwl20fkQpZ7":          "db.pass=[redacted:password]",
		`"pass": "hunter2"`:                 `"pass": "[redacted:password]"`,
		`dbPass: 'hunter2'`:                 `dbPass: '[redacted:password]'`,
		`smtp-pass: hunter2`:                `smtp-pass: [redacted:password]`,
		"login --pass hunter2":              "login --pass [redacted:password]",
		`"api_key":"FieldKeySecret1234"`:    `"api_key":"[redacted:api-key]"`,
		`secret: "hunter2"`:                 `secret: "[redacted:secret]"`,
		`password = "password1"`:            `password = "[redacted:password]"`,
		`token: "aTokenOf9Qk2Lm4xExample7"`: `token: "[redacted:token]"`,
	} {
		if got := Text(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestWhatIsNoPass(t *testing.T) {
	for _, in := range []string{
		"--- PASS: TestX", "--- PASS: TestRetryAfter429 (0.00s)", "PASS: TestX1 12", "PASS\nok", "pass the value", "pass := true",
		"passes := 12", "it passes: 1234567", `pass: "everything"`, `result.pass = false`, "bypass=Xk29Fjwl", "compass: ab12345",
		`"pass": "12/12 checks"`, `pass=true fail=0`, "pass: 1234567", "pass, err := f()", `if pass == "x" {`, "PWD=/home/ann/api2",
		`"token": "test-token-123"`, `"secret": "my-secret"`, `apiKey: "your-api-key-1"`, `password: "password"`,
		`"token":"invalid_token"`, `secretRef: "abc123"`,
	} {
		if got := Text(in); got != in {
			t.Errorf("%q became %q", in, got)
		}
	}
}

func TestFieldsOfJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{"secret":"hunter2"}`:               `{"secret":"[redacted:secret]"}`,
		`{"token":"zzzzz"}`:                  `{"token":"[redacted:token]"}`,
		`{"token":"ab12cd"}`:                 `{"token":"[redacted:token]"}`,
		`{"pass":"Xk29Fjwl20fkQpZ7"}`:        `{"pass":"[redacted:password]"}`,
		`{"api_key":"FieldKeySecret123456"}`: `{"api_key":"[redacted:api-key]"}`,
		`{"token":"comma","pass":"failed"}`:  `{"token":"comma","pass":"failed"}`,
		`{"token":"<EOF>","secret":"none"}`:  `{"token":"<EOF>","secret":"none"}`,
		`{"token":"test-token-1"}`:           `{"token":"test-token-1"}`,
		`{"pass":"123456","tokens":"ab12"}`:  `{"pass":"123456","tokens":"ab12"}`,
	} {
		if got, _ := JSON([]byte(in), Limits{}); string(got) != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestCommands(t *testing.T) {
	for in, want := range map[string]string{
		"mysql -u root -pXk29 app":                   "mysql -u root -p[redacted:password] app",
		"docker exec db mysqldump -p'Xk 29' app":     "docker exec db mysqldump -p'[redacted:password]' app",
		"sshpass -p Xk29 ssh -p 2222 ann@host":       "sshpass -p [redacted:password] ssh -p 2222 ann@host",
		"sshpass -pXk29 scp a b":                     "sshpass -p[redacted:password] scp a b",
		"docker login -u ann -p Xk29abc ghcr.io":     "docker login -u ann -p [redacted:password] ghcr.io",
		"curl -u ann:Xk29 https://x":                 "curl -u ann:[redacted:password] https://x",
		"curl -sSu 'ann:Xk 29' https://x":            "curl -sSu 'ann:[redacted:password]' https://x",
		"curl --user ann:horse https://x":            "curl --user ann:[redacted:password] https://x",
		"curl --user=ann:horse -u b:cow https://x":   "curl --user=ann:[redacted:password] -u b:[redacted:password] https://x",
		`"command":"curl -u \"ann:Xk29\" https://x"`: `"command":"curl -u \"ann:[redacted:password]\" https://x"`,
		"machine h login ann password horse":         "machine h login ann password [redacted:password]",
		"machine h\n  login ann\n  password horse\n": "machine h\n  login ann\n  password [redacted:password]\n",
	} {
		if got := Text(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
	for _, in := range []string{
		"mysql -u root -p app", "mysql -p$PASS app", "mkdir -p src/main", "docker run -p 3306:3306 mysql", "ssh -p 2222 h",
		"curl -u \"$USER:$PASS\" https://x", "curl -u user:password https://x", "curl -u ann https://x", "git push -u origin main:dev",
		"docker login; docker run -p 80:80 x", "cp -pr a b; mysql", "curl --user-agent a:b x", "ls -u a:b", "curl -u", "mysql -p",
		"the machine asks for a password twice", "sshpass -p", "curl -o a x && ps -u ann:x",
	} {
		if got := Text(in); got != in {
			t.Errorf("%q became %q", in, got)
		}
	}
}

func TestEndOfAKey(t *testing.T) {
	line := fake("", 64)
	const end = "-----END RSA PRIVATE KEY-----"
	for in, want := range map[string]string{
		line[:40] + "\n" + line + "\n" + line[:20] + "==\n" + end + "\nnext": "[redacted:private-key]\nnext",
		"the key\n\n  " + line + "\n  " + line + "\n  " + end:                "the [redacted:private-key]",
		`cat: ` + line + `\n` + line + `\n` + end + `"`:                      `cat: [redacted:private-key]"`,
		"it ends in " + end:                  "it ends in " + end,
		line + "\n-----END CERTIFICATE-----": line + "\n-----END CERTIFICATE-----",
	} {
		if got := Text(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
	body := strings.Repeat(line+"\n", 20)
	if got := Text(line[:30] + "\n" + body + end); strings.Contains(got, line[:30]) {
		t.Errorf("the start of a long one stays: %q", got)
	}
}
