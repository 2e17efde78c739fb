/**
 * FOR TESTS ONLY. A self-signed certificate for localhost and its key, checked in on purpose: nothing trusts it,
 * which is what the tests are about. Made with: openssl req -x509 -newkey ec -pkeyopt
 * ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=waxwing-test-only -addext
 * subjectAltName=DNS:localhost,IP:127.0.0.1
 */
export const selfSigned = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgp0JpcWqHULZn/cxF
b7K23BjuhwzFYYbclWswqeUEFJ2hRANCAAS7sUDWu3gnsG8l8TQZ+MoVTyZZMRgs
UXpnLesCusy2UtJs6JLp9sP81PO6mKKFcJycKCDKYijkR+7EVjGkwrvk
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBqjCCAVGgAwIBAgIUL9cJnbGyeTY87kRUrAkxXVpt23owCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRd2F4d2luZy10ZXN0LW9ubHkwIBcNMjYxMTI0MDU0ODEwWhgP
MjEyNjEwMzEwNTQ4MTBaMBwxGjAYBgNVBAMMEXdheHdpbmctdGVzdC1vbmx5MFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEu7FA1rt4J7BvJfE0GfjKFU8mWTEYLFF6
Zy3rArrMtlLSbOiS6fbD/NTzupiihXCcnCggymIo5EfuxFYxpMK75KNvMG0wHQYD
VR0OBBYEFPo31Lyd3MvIvluLormhWrwM8o1GMB8GA1UdIwQYMBaAFPo31Lyd3MvI
vluLormhWrwM8o1GMA8GA1UdEwEB/wQFMAMBAf8wGgYDVR0RBBMwEYIJbG9jYWxo
b3N0hwR/AAABMAoGCCqGSM49BAMCA0cAMEQCID8iLRCXhl7RJu4cnCKwiumRXZGe
uUWoOmdMtiPHKsHtAiAYTYYew52uFkW5bihBq7LJJaVOf2QqznfIdx8Af0KWxQ==
-----END CERTIFICATE-----
`,
}
