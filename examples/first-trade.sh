#!/usr/bin/env bash
# The first trade, call by call: a seller is admitted and lists a product, a buyer quotes, pays, gets the licence and
# returns it. Needs curl and jq, a running server in development, and the operator's password in OPERATOR_PASSWORD.
set -euo pipefail

base=${KONTOR:-http://127.0.0.1:8080}/api/v1
operator=${OPERATOR_EMAIL:-ops@example.com}
password='a long enough password'
# Names are unique, so that it can run again on the same site.
mark=$(date +%s)$RANDOM

# call TOKEN METHOD PATH [BODY] [VERSION]: edits carry the version that they were made from.
call() {
    local answer headers=(-H 'content-type: application/json')
    [ -z "$1" ] || headers+=(-H "authorization: Bearer $1")
    [ -z "${5:-}" ] || headers+=(-H "if-match: \"$5\"")
    [ "$2" = GET ] || headers+=(-H "idempotency-key: $mark-$RANDOM$RANDOM")
    answer=$(curl -sS --fail-with-body -X "$2" "$base$3" "${headers[@]}" ${4:+--data "$4"}) || {
        printf '%s %s: %s\n' "$2" "$3" "$answer" >&2
        return 1
    }
    printf '%s\n' "$answer"
}
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
sign_in() { call '' POST /sessions "$(jq -n --arg login "$1" --arg password "$2" '$ARGS.named')" | jq -r .token; }

# register KIND NAME EMAIL: opens an account and prints a session's token.
register() {
    call '' POST /accounts "$(jq -n --arg kind "$1" --arg name "$2" --arg email "$3" --arg password "$password" \
        '$ARGS.named + {lang: "en"}')" >/dev/null
    sign_in "$3" "$password"
}

# document TOKEN PURPOSE: hands in a file and prints its id.
document() {
    call "$1" POST /documents "$(jq -n --arg purpose "$2" --arg content "$(printf '%%PDF-1.7\n%%%%EOF\n' | base64 -w0)" \
        '{name: "\($purpose).pdf", purpose: $purpose, content_type: "application/pdf", content: $content}')" | jq -r .id
}

say 'The operator signs in'
ops=$(sign_in "$operator" "${OPERATOR_PASSWORD:?set it to the password given to: kontor admin create-operator}")

# verify TOKEN IDENTITY: real-name verification, submitted by the account and approved by the operator.
verify() {
    local id
    id=$(call "$1" POST /verifications "$2" | jq -r .id)
    call "$ops" POST "/operator/verifications/$id/decision" '{"verdict": "approve"}' | jq -c '{name, state, due_at}'
}

say 'A company opens an account and is verified'
company="Cloudco $mark"
seller=$(register enterprise "$company" "seller-$mark@example.com")
paper=$(document "$seller" business_licence)
verify "$seller" "$(jq -n --arg name "$company" --arg number "CN$mark" --arg paper "$paper" \
    '{kind: "enterprise", $name, country: "CN", $number, representative: "Li Na", documents: [$paper]}')"

say 'It applies as a seller, accepts the agreement and is admitted'
application=$(call "$seller" POST /seller/application "$(jq -n --arg name "$company" --arg number "CN$mark" --arg paper "$paper" '{
    company_name: $name, registration_number: $number, business_licence: $paper, business_years: 4, employees: 40,
    registered_capital: 500, contact_name: "Li Na", mobile: "13800138000", email: "li.na@seller.example",
    service_phone: "+86 21 5555 0100", service_email: "service@seller.example", introduction: "Software for operations teams."
}')")
agreement=$(call "$seller" GET /seller/agreement | jq '{agreement: {version, sha256}}')
application=$(call "$seller" POST /seller/application/submit "$agreement" "$(jq .version <<<"$application")")
call "$ops" POST "/operator/seller-applications/$(jq -r .id <<<"$application")/approve" '' "$(jq .version <<<"$application")" |
    jq -c '{state, submitted_at, decided_at}'

say 'Its bank account and tax identity are certified'
business=$(call "$seller" POST /seller/business-information "$(jq -n --arg name "$company" --arg number "CN$mark" '{
    entity: "CN1", regions: ["CN"], account_holder: $name, bank: "Bank of Shanghai", account_number: "6222020200112233",
    taxpayer_identity: "general", taxpayer_number: $number
}')")
call "$ops" POST "/operator/business-information/$(jq -r .id <<<"$business")/certify" '' "$(jq .version <<<"$business")" |
    jq -c '{state, account_number}'

say 'It lists a product: 30.00 a month for each of the first ten users, 25.00 for the others, 10 % off for a year'
about='It reads what your servers write, finds the line that matters and shows what happened around it. '
about_zh='它读取服务器写下的日志，找到关键的那一行，并展示前后发生的事情。'
product=$(call "$seller" POST /seller/products "$(jq -n --arg paper "$(document "$seller" service_agreement)" \
    --arg about "$about" --arg about_zh "$about_zh" '{
    access_type: "license", currency: "CNY", version: "V2.1", delivery_days: 0, categories: ["developer-tools"], agreement: $paper,
    name: {en: "Log search", zh: "日志搜索"},
    summary: {en: "Finds the line that matters.", zh: "找到关键的那一行。"},
    description: {en: ($about * 5), zh: ($about_zh * 15)},
    support: {hours: {en: "Monday to Friday, 9:00 to 18:00", zh: "周一至周五 9:00–18:00"},
              content: {en: "Installation, upgrades, faults", zh: "安装、升级、故障处理"},
              hotline: "+86 21 5555 0100", email: "support@seller.example"},
    specs: [{
        code: "server", name: {en: "Server installation", zh: "服务器部署"}, billing_mode: "period",
        attributes: [
            {kind: "enum", code: "edition", name: {en: "Edition", zh: "版本"},
             values: [{code: "standard", name: {en: "Standard", zh: "标准版"}}]},
            {kind: "quantity", code: "users", name: {en: "Users", zh: "用户数"},
             unit: {en: "users", zh: "用户"}, unit_one: "user", min: 1, max: 1000, step: 1}
        ],
        skus: [{values: {edition: "standard"}, billing: {mode: "period", month: {
            price: {quantities: {users: {model: "tiered",
                tiers: [{from: 1, to: 10, unit_price: "30.00"}, {from: 11, unit_price: "25.00"}]}}},
            periods_max: 36, discounts: [{periods_min: 12, basis_points: 1000}]
        }}}]
    }]
}')")
product_id=$(jq -r .id <<<"$product")
revision=$(call "$seller" POST "/seller/products/$product_id/revisions" '' "$(jq .version <<<"$product")")
call "$ops" POST "/operator/revisions/$(jq -r .id <<<"$revision")/approval" | jq -c '{state, name}'
sku=$(call '' GET "/products/$product_id" | jq -r '.specs[0].skus[0].id')

say 'A buyer opens an account, is verified and tops up 10,000.00 of play money'
buyer=$(register personal "Ada $mark" "buyer-$mark@example.com")
verify "$buyer" "$(jq -n --arg name "Ada $mark" --arg number "ID$mark" '{kind: "personal", $name, country: "CN", $number}')"
call "$buyer" POST /top-ups '{"channel": "development", "amount": {"minor": 1000000, "currency": "CNY"}}' | jq -c '{state, received}'

say 'She asks for a price, and it explains itself'
quote=$(call "$buyer" POST /quotes "$(jq -n --arg sku "$sku" '{$sku, quantities: {users: 25}, periods: 12}')")
jq '{total, lines: [.quote.lines[]?.text.en]}' <<<"$quote"

say 'She accepts and pays'
order=$(call "$buyer" POST /orders "$(jq '{quote: .id, pay_with: "wallet"}' <<<"$quote")")
jq -c '{number, state, total}' <<<"$order"

say 'Within a second the licence is there'
for _ in $(seq 50); do
    instance=$(call "$buyer" GET "/instances?product=$product_id" | jq -r '.items[0].id // empty')
    [ -z "$instance" ] || break
    sleep 0.1
done
call "$buyer" POST "/instances/$instance/licence/reveal" | jq -c .

say 'She returns it; the preview says what will happen, and it does'
call "$buyer" GET "/instances/$instance/return" | jq -c '{amount, until, used_this_year, allowed_per_year}'
call "$buyer" POST "/instances/$instance/return" '{"reason": "We chose another edition."}' | jq -c '{cause, amount, paid_at}'
call "$buyer" GET /wallet | jq -c .

say 'The operator has the books derived again'
call "$ops" GET /operator/invariants | jq -c .
