/** The X-Hub scheme in eight languages: `sha256=` and the hex HMAC of the raw body. */
import type { Language, Snippet } from './snippets.tsx'

export const hubSnippets: Record<Language, Snippet> = {
  node: {
    code: `import { createHmac, timingSafeEqual } from 'node:crypto'
import express from 'express'

const secret = process.env.WAXWING_SECRET

express()
  .post('/hook', express.raw({ type: 'application/json' }), (req, res) => {
    const expected = 'sha256=' + createHmac('sha256', secret).update(req.body).digest('hex')
    const given = req.get('x-hub-signature-256') ?? ''
    const isOurs =
      given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected))
    if (!isOurs) return res.sendStatus(401)
    const event = JSON.parse(req.body)
    console.log(event.type, event.data)
    res.sendStatus(200)
  })
  .listen(8080)`,
    note: 'express.json() before this route would take the raw body away: use express.raw() for it.',
  },
  python: {
    code: `import hashlib, hmac, os
from flask import Flask, request, abort

app = Flask(__name__)
secret = os.environ["WAXWING_SECRET"].encode()

@app.post("/hook")
def hook():
    expected = "sha256=" + hmac.new(secret, request.get_data(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, request.headers.get("X-Hub-Signature-256", "")):
        abort(401)
    event = request.get_json()
    print(event["type"], event["data"])
    return "", 200`,
    note: 'request.get_data() are the bytes as they came. In FastAPI it is await request.body(), in Django request.body.',
  },
  php: {
    code: `<?php
$body = file_get_contents('php://input');
$expected = 'sha256=' . hash_hmac('sha256', $body, getenv('WAXWING_SECRET'));
if (!hash_equals($expected, $_SERVER['HTTP_X_HUB_SIGNATURE_256'] ?? '')) {
    http_response_code(401);
    exit;
}
$event = json_decode($body, true);
error_log($event['type']);
http_response_code(200);`,
    note: 'In Laravel the raw body is $request->getContent(), and the route must be left out of the CSRF check.',
  },
  go: {
    code: `package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log"
	"net/http"
	"os"
)

func main() {
	secret := []byte(os.Getenv("WAXWING_SECRET"))
	http.HandleFunc("POST /hook", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		mac := hmac.New(sha256.New, secret)
		mac.Write(body)
		expected := "sha256=" + hex.EncodeToString(mac.Sum(nil))
		if !hmac.Equal([]byte(expected), []byte(r.Header.Get("X-Hub-Signature-256"))) {
			http.Error(w, "not ours", http.StatusUnauthorized)
			return
		}
		log.Printf("%s", body)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}`,
    note: 'Read the body once, verify those bytes, and decode the same bytes: a decoder on r.Body would leave nothing to verify.',
  },
  ruby: {
    code: `require 'openssl'
require 'json'
require 'sinatra'

post '/hook' do
  body = request.body.read
  expected = 'sha256=' + OpenSSL::HMAC.hexdigest('SHA256', ENV.fetch('WAXWING_SECRET'), body)
  given = request.env['HTTP_X_HUB_SIGNATURE_256'].to_s
  halt 401 unless Rack::Utils.secure_compare(expected, given)
  event = JSON.parse(body)
  puts event['type']
  200
end`,
    note: 'In Rails the raw body is request.raw_post; skip verify_authenticity_token for this action.',
  },
  java: {
    code: `@RestController
class HookController {
  private final byte[] secret = System.getenv("WAXWING_SECRET").getBytes(StandardCharsets.UTF_8);

  @PostMapping("/hook")
  ResponseEntity<Void> hook(
      @RequestHeader("X-Hub-Signature-256") String given, @RequestBody byte[] body) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret, "HmacSHA256"));
    String expected = "sha256=" + HexFormat.of().formatHex(mac.doFinal(body));
    boolean isOurs = MessageDigest.isEqual(expected.getBytes(), given.getBytes());
    if (!isOurs) return ResponseEntity.status(401).build();
    // new ObjectMapper().readTree(body)
    return ResponseEntity.ok().build();
  }
}`,
    note: '@RequestBody byte[] keeps the bytes; @RequestBody with a class would have parsed them already.',
  },
  csharp: {
    code: `using System.Security.Cryptography;
using System.Text;

var app = WebApplication.CreateBuilder(args).Build();
var secret = Encoding.UTF8.GetBytes(Environment.GetEnvironmentVariable("WAXWING_SECRET")!);

app.MapPost("/hook", async (HttpRequest request) =>
{
    using var memory = new MemoryStream();
    await request.Body.CopyToAsync(memory);
    var body = memory.ToArray();
    var expected = "sha256=" + Convert.ToHexString(HMACSHA256.HashData(secret, body)).ToLowerInvariant();
    var given = request.Headers["X-Hub-Signature-256"].ToString();
    var isOurs = CryptographicOperations.FixedTimeEquals(
        Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given));
    return isOurs ? Results.Ok() : Results.Unauthorized();
});
app.Run();`,
    note: 'A parameter with a class type would have read the body already; read it as a stream, as here.',
  },
  n8n: {
    code: `// Webhook node: HTTP method POST, option "Raw Body" on. Then a Code node, "Run Once for All Items":
const { createHmac, timingSafeEqual } = require('crypto')

const { headers } = $input.first().json
const body = await this.helpers.getBinaryDataBuffer(0, 'data')
const expected = 'sha256=' + createHmac('sha256', $env.WAXWING_SECRET).update(body).digest('hex')
const given = headers['x-hub-signature-256'] ?? ''
if (given.length !== expected.length || !timingSafeEqual(Buffer.from(given), Buffer.from(expected)))
  throw new Error('Not signed by Waxwing')
return [{ json: JSON.parse(body.toString('utf8')) }]`,
    note: 'Self-hosted n8n needs NODE_FUNCTION_ALLOW_BUILTIN=crypto. Without "Raw Body" n8n parses the JSON, and nothing verifies.',
  },
}
