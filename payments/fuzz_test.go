package payments

import "testing"

// No payload and signature make the webhook panic, and nothing that isn't signed is an event.
func FuzzWebhook(f *testing.F) {
	for _, signature := range []string{"", "t=9,v1=", "t=-1,v1=00,v0", "t=99999999999999999999,v1=\xff", "v1=,v1=,t="} {
		f.Add([]byte(`{"id":"evt_1","object":"event","data":{"object":{}}}`), signature)
	}
	secrets := webhookSecrets{"whsec_that_no_input_knows"}
	f.Fuzz(func(t *testing.T, payload []byte, signature string) {
		if _, err := secrets.event(payload, signature); err == nil {
			t.Errorf("%q signed by %q is an event", payload, signature)
		}
	})
}
