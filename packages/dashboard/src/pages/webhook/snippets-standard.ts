/** Standard Webhooks in eight languages: by its own library where there is one, by hand where not. */
import type { Language, Snippet } from './snippets.tsx'

export const standardSnippets: Record<Language, Snippet> = {
  node: {
    code: `import { receive } from '@waxwing/events'

// A Fetch API handler: Hono, Next.js, Bun, Deno, Cloudflare Workers.
export async function POST(request) {
  const received = await receive(request, process.env.WAXWING_SECRET)
  if (!received.ok) return new Response(null, { status: received.status })
  const { event } = received
  console.log(event.type, event.data) // typed by event.type
  return new Response()
}

// Or with the standard library: npm install standardwebhooks
//   const event = new Webhook(process.env.WAXWING_SECRET).verify(rawBody, headers)`,
    note: 'Hand over the raw body. In Express that is express.raw({ type: "application/json" }) for this route.',
  },
  python: {
    code: `# pip install standardwebhooks flask
import os
from flask import Flask, request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

app = Flask(__name__)
webhook = Webhook(os.environ["WAXWING_SECRET"])

@app.post("/hook")
def hook():
    try:
        event = webhook.verify(request.get_data(), dict(request.headers))
    except WebhookVerificationError:
        return "", 401
    print(event["type"], event["data"])
    return "", 200`,
    note: 'request.get_data() are the bytes as they came. In FastAPI it is await request.body(), in Django request.body.',
  },
  php: {
    code: `<?php
$body = file_get_contents('php://input');
$id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
$timestamp = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
$key = base64_decode(substr(getenv('WAXWING_SECRET'), strlen('whsec_')));
$expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));

$given = explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '');
$isOurs = array_filter($given, fn ($one) => hash_equals($expected, $one)) !== [];
$isFresh = abs(time() - (int) $timestamp) <= 300;
http_response_code($isOurs && $isFresh ? 200 : 401);
if (!$isOurs || !$isFresh) exit;
$event = json_decode($body, true);`,
    note: 'In Laravel the raw body is $request->getContent(), and the route must be left out of the CSRF check.',
  },
  go: {
    code: `// go get github.com/standard-webhooks/standard-webhooks/libraries
package main

import (
	"io"
	"log"
	"net/http"
	"os"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func main() {
	webhook, err := standardwebhooks.NewWebhook(os.Getenv("WAXWING_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("POST /hook", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err := webhook.Verify(body, r.Header); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		log.Printf("%s", body)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}`,
    note: 'Read the body once, verify those bytes, and decode the same bytes.',
  },
  ruby: {
    code: `# gem install standardwebhooks sinatra
require 'standardwebhooks'
require 'sinatra'

webhook = StandardWebhooks::Webhook.new(ENV.fetch('WAXWING_SECRET'))

post '/hook' do
  body = request.body.read
  headers = %w[id timestamp signature].to_h { |name| ["webhook-#{name}", request.env["HTTP_WEBHOOK_#{name.upcase}"]] }
  event = webhook.verify(body, headers)
  puts event
  200
rescue StandardWebhooks::WebhookVerificationError
  401
end`,
    note: 'In Rails the raw body is request.raw_post; skip verify_authenticity_token for this action.',
  },
  java: {
    code: `@PostMapping("/hook")
ResponseEntity<Void> hook(
    @RequestHeader("webhook-id") String id,
    @RequestHeader("webhook-timestamp") long timestamp,
    @RequestHeader("webhook-signature") String given,
    @RequestBody byte[] body) throws Exception {
  byte[] key = Base64.getDecoder().decode(System.getenv("WAXWING_SECRET").substring("whsec_".length()));
  Mac mac = Mac.getInstance("HmacSHA256");
  mac.init(new SecretKeySpec(key, "HmacSHA256"));
  mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
  byte[] expected = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes();
  boolean isOurs = Arrays.stream(given.split(" "))
      .anyMatch(one -> MessageDigest.isEqual(expected, one.getBytes()));
  boolean isFresh = Math.abs(Instant.now().getEpochSecond() - timestamp) <= 300;
  return ResponseEntity.status(isOurs && isFresh ? 200 : 401).build();
}`,
    note: '@RequestBody byte[] keeps the bytes; @RequestBody with a class would have parsed them already.',
  },
  csharp: {
    code: `app.MapPost("/hook", async (HttpRequest request) =>
{
    using var memory = new MemoryStream();
    await request.Body.CopyToAsync(memory);
    string id = request.Headers["webhook-id"]!, timestamp = request.Headers["webhook-timestamp"]!;
    var key = Convert.FromBase64String(Environment.GetEnvironmentVariable("WAXWING_SECRET")!["whsec_".Length..]);
    byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. memory.ToArray()];
    var expected = Encoding.UTF8.GetBytes("v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed)));
    var isOurs = request.Headers["webhook-signature"].ToString().Split(' ')
        .Any(one => CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(one)));
    var isFresh = Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - long.Parse(timestamp)) <= 300;
    return isOurs && isFresh ? Results.Ok() : Results.Unauthorized();
});`,
    note: 'A parameter with a class type would have read the body already; read it as a stream, as here.',
  },
  n8n: {
    code: `// Webhook node: HTTP method POST, option "Raw Body" on. Then a Code node, "Run Once for All Items":
const { createHmac } = require('crypto')

const { headers } = $input.first().json
const body = await this.helpers.getBinaryDataBuffer(0, 'data')
const { 'webhook-id': id, 'webhook-timestamp': timestamp } = headers
const key = Buffer.from($env.WAXWING_SECRET.slice('whsec_'.length), 'base64')
const expected = 'v1,' + createHmac('sha256', key).update(id + '.' + timestamp + '.').update(body).digest('base64')
const isFresh = Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300
if (!isFresh || !headers['webhook-signature'].split(' ').includes(expected))
  throw new Error('Not signed by Waxwing')
return [{ json: JSON.parse(body.toString('utf8')) }]`,
    note: 'Self-hosted n8n needs NODE_FUNCTION_ALLOW_BUILTIN=crypto. Without "Raw Body" n8n parses the JSON, and nothing verifies.',
  },
}
