//! A request of V1.0: everything in the query, sorted by name, and a token over it.
//!
//! `authToken = base64(HMAC-SHA256(K + timeStamp, "k1=v1&k2=v2…"))`, over all parameters of the address but itself, in the order
//! of their names and not encoded.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use kernel::{Money, Timestamp};
use policy::BillingMode;
use serde_json::{Value, json};
use sha2::Sha256;
use url::{
    Url,
    form_urlencoded::{byte_serialize, parse},
};

use super::{
    Ask,
    cipher::{FieldCipher, iv},
};
use crate::rules::request::{ACCEPTED, Customer, Request, Sale};

/// The names of all parameters; an address has none of them for itself.
const NAMES: [&str; 33] = [
    "activity",
    "amount",
    "authToken",
    "bandWidth",
    "businessId",
    "chargingMode",
    "customerId",
    "customerName",
    "diskSize",
    "email",
    "expireTime",
    "instanceId",
    "instanceStatus",
    "license",
    "mobilePhone",
    "orderAmount",
    "orderId",
    "orderLineId",
    "periodNumber",
    "periodType",
    "productId",
    "saasExtendParams",
    "scene",
    "skuCode",
    "status",
    "testFlag",
    "timeStamp",
    "trialFlag",
    "trialToFormal",
    "userId",
    "userName",
    "acceptanceTime",
    "encryptType",
];

/// The most letters of a hidden field, and of the extension parameters.
const HIDDEN_MAX: usize = 128;
const EXTEND_MAX: usize = 2_048;

/// A request as it goes out, with the steps of its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedQuery {
    pub(crate) ask: Ask,
    /// Sorted by name, without the token.
    parameters: BTreeMap<&'static str, String>,
    /// What the token is made of: with the parameters that the address has for itself.
    pub(crate) content: String,
    pub(crate) time_stamp: String,
    pub(crate) auth_token: String,
}

impl SignedQuery {
    /// Where it is sent to.
    pub(crate) fn url(&self, address: &str) -> String {
        self.url_with(address, &encoded(&self.auth_token))
    }

    /// The same without its token, which is not for who reads it later.
    pub(crate) fn url_to_keep(&self, address: &str) -> String {
        self.url_with(address, "…")
    }

    fn url_with(&self, address: &str, token: &str) -> String {
        let (place, own) = parts(address);
        let pair = |name: &str, value: &str| format!("{}={}", encoded(name), encoded(value));
        let mut pairs: Vec<String> = own.iter().map(|(name, value)| pair(name, value)).collect();
        pairs.extend(self.parameters.iter().map(|(name, value)| pair(name, value)));
        pairs.push(format!("authToken={token}"));
        format!("{place}?{}", pairs.join("&"))
    }
}

/// An address without its query, and the parameters that it has for itself, decoded.
fn parts(address: &str) -> (&str, Vec<(String, String)>) {
    let (place, query) = address.split_once('?').unwrap_or((address, ""));
    (place, parse(query.as_bytes()).into_owned().collect())
}

/// A space is `%20`: a program that decodes `+` as a space and one that does not both read it.
fn encoded(value: &str) -> String {
    byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20")
}

/// The first parameter of the interface that an address has for itself.
pub(crate) fn names(address: &Url) -> Option<&'static str> {
    NAMES.into_iter().find(|name| address.query_pairs().any(|(own, _)| own == *name))
}

/// Signs a request that is sent to an address. `nonce`: what nobody can guess.
pub(crate) fn sign(
    request: &Request,
    (address, key, encryption): (&str, &str, FieldCipher),
    nonce: &str,
    now: Timestamp,
) -> SignedQuery {
    let hidden = |field: &str, text: &str| encryption.hide(key, &iv(nonce, field), text);
    let ask = Ask::of(request);
    let mut parameters = parameters(request, ask, hidden);
    let time_stamp = digits(now, 17);
    parameters.insert("timeStamp", time_stamp.clone());
    let (_, own) = parts(address);
    let all: BTreeMap<String, String> =
        own.into_iter().chain(parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone()))).collect();
    let content: Vec<String> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let content = content.join("&");
    let auth_token = mac(&format!("{key}{time_stamp}"), content.as_bytes());
    SignedQuery { ask, parameters, content, time_stamp, auth_token }
}

pub(super) fn mac(key: &str, text: &[u8]) -> String {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(text);
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

/// The parameters of one request; what is empty is left out.
struct Parameters(BTreeMap<&'static str, String>);

impl Parameters {
    fn put(&mut self, name: &'static str, value: impl Into<Option<String>>) {
        if let Some(value) = value.into().filter(|value| !value.is_empty()) {
            self.0.insert(name, value);
        }
    }

    /// A text that may be cut.
    fn cut(&mut self, name: &'static str, value: &str, most: usize) {
        self.put(name, value.trim().chars().take(most).collect::<String>());
    }
}

fn parameters(request: &Request, ask: Ask, hidden: impl Fn(&str, &str) -> String) -> BTreeMap<&'static str, String> {
    let mut all = Parameters(BTreeMap::new());
    let word = |name: &str| request.told(name).as_ref().and_then(Value::as_str).map(str::to_owned);
    let sale = request.sale();
    all.put("activity", ask.as_str().to_owned());
    all.put("testFlag", word("testFlag"));
    let instance = |all: &mut Parameters| all.put("instanceId", word("instanceId"));
    match (ask, sale) {
        (Ask::NewInstance, Some(sale)) => {
            bought(&mut all, sale);
            all.put(ACCEPTED, word(ACCEPTED));
            // An id that nothing has yet: the name of the instance that is to be, unless the program names it otherwise.
            all.put("businessId", word("businessId").unwrap_or_else(|| sale.business.clone()));
            if let Some(customer) = &sale.customer {
                of_customer(&mut all, customer, hidden);
            }
        }
        (Ask::RefreshInstance, sale) => {
            instance(&mut all);
            let scene = word("scene").unwrap_or_default();
            let goes_back = scene == "UNSUBSCRIBE_RENEWAL_PERIOD";
            all.put("orderId", word("orderId"));
            all.put("productId", word("productId"));
            all.put("expireTime", word("expireTime"));
            all.put("trialToFormal", (scene == "TRIAL_TO_FORMAL").then(|| "1".to_owned()));
            if let Some(sale) = sale {
                period(&mut all, sale);
                let amount = sale.amount.and_then(|paid| if goes_back { paid.negated().ok() } else { Some(paid) });
                all.put("orderAmount", amount.map(decimal));
            }
        }
        (Ask::Upgrade, sale) => {
            instance(&mut all);
            all.put("orderId", word("orderId"));
            if let Some(sale) = sale {
                all.put("skuCode", sale.sku.clone());
                all.put("productId", sale.product.clone());
                quantities(&mut all, sale);
            }
        }
        (Ask::InstanceStatus, _) => {
            instance(&mut all);
            let status = if word("status").as_deref() == Some("UNFREEZE") { "NORMAL" } else { "FREEZE" };
            all.put("instanceStatus", status.to_owned());
        }
        (Ask::ExpireInstance | Ask::ReleaseInstance | Ask::OrderNotify, sale) => {
            instance(&mut all);
            all.put("orderId", sale.map(Sale::number).or(word("orderId")));
        }
        // Newer than this form: said in the words of V2.0, which no program of V1.0 knows otherwise.
        (Ask::RefreshLicenseCode | Ask::UpdateLicenseCodeStatus | Ask::ReleaseLicenseCode, _) => {
            for name in ["license", "status", "scene", "orderId", "orderLineId", "productId", "expireTime"] {
                all.put(name, word(name));
            }
        }
        (Ask::QueryInstance | Ask::ChangeInstanceCheck | Ask::NewInstance, _) => instance(&mut all),
    }
    all.0
}

/// What was bought, for how long and for how much.
fn bought(all: &mut Parameters, sale: &Sale) {
    all.put("orderId", sale.number());
    all.put("productId", sale.product.clone());
    all.put("skuCode", sale.sku.clone());
    all.put("trialFlag", sale.is_trial.then(|| "1".to_owned()));
    let (code, ends) = match sale.mode {
        BillingMode::OnDemand => ("0", None),
        BillingMode::Period => ("1", sale.ends),
        BillingMode::OneOff => ("3", None),
        BillingMode::Package => ("5", sale.ends),
    };
    all.put("chargingMode", code.to_owned());
    all.put("expireTime", ends.map(|ends| digits(ends, 14)));
    period(all, sale);
    all.put("orderAmount", sale.amount.map(decimal));
    let others = quantities(all, sale);
    let counts = others.into_iter().map(|(code, count)| (code, count.to_string()));
    // What was paid for comes first: what does not fit is left out from the end.
    let pairs: Vec<(String, String)> = counts.chain(sale.answers.iter().cloned()).collect();
    all.put("saasExtendParams", extended(&pairs));
}

fn of_customer(all: &mut Parameters, customer: &Customer, hidden: impl Fn(&str, &str) -> String) {
    all.cut("customerId", &customer.id, 100);
    all.cut("customerName", &customer.name, 64);
    all.cut("userId", customer.user.as_deref().unwrap_or_default(), 64);
    all.cut("userName", customer.user_name.as_deref().unwrap_or_default(), 64);
    for (field, text) in [("mobilePhone", &customer.mobile), ("email", &customer.email)] {
        let text = text.as_deref().filter(|text| !text.is_empty()).map(|text| hidden(field, text));
        all.put(field, text.filter(|text| text.len() <= HIDDEN_MAX));
    }
}

fn period(all: &mut Parameters, sale: &Sale) {
    if let Some((unit, count)) = sale.period {
        all.put("periodType", unit.to_owned());
        all.put("periodNumber", count.to_string());
    }
}

/// Sizes and counts that have a parameter; what is left has none.
fn quantities(all: &mut Parameters, sale: &Sale) -> Vec<(String, u64)> {
    let named = |code: &str| match code.to_ascii_lowercase().replace(['_', '-'], "").as_str() {
        "amount" => Some("amount"),
        "disksize" | "disk" => Some("diskSize"),
        "bandwidth" => Some("bandWidth"),
        _ => None,
    };
    let mut others = Vec::new();
    for (code, count) in &sale.quantities {
        match named(code) {
            Some(name) => all.put(name, count.to_string()),
            None => others.push((code.clone(), *count)),
        }
    }
    // The only one is the amount, whatever its seller calls it.
    match others.as_slice() {
        [(_, count)] if !all.0.contains_key("amount") => {
            all.put("amount", count.to_string());
            Vec::new()
        }
        _ => others,
    }
}

/// `base64([{"name": …, "value": …}])`. It is plain ASCII without `>` and `~`, so that there is no `+` in it: whoever decodes
/// the address twice, as some programs do, reads the same. What does not fit is left out.
fn extended(others: &[(String, String)]) -> Option<String> {
    let pair = |(name, value): &(String, String)| json!({ "name": name, "value": value });
    (1..=others.len())
        .rev()
        .map(|count| base64_of(&others[..count].iter().map(pair).collect()))
        .find(|text| text.len() <= EXTEND_MAX)
}

fn base64_of(list: &Value) -> String {
    let mut text = String::new();
    for letter in list.to_string().chars() {
        if letter.is_ascii() && !matches!(letter, '>' | '~') {
            text.push(letter);
        } else {
            let mut units = [0; 2];
            text.extend(letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    BASE64_STANDARD.encode(text)
}

/// `300.00`, or `-300.00`.
fn decimal(amount: Money) -> String {
    let (scale, minor) = (amount.currency().scale().unsigned_abs(), amount.minor().unsigned_abs());
    let sign = if amount.is_negative() { "-" } else { "" };
    let fraction = match amount.currency().exponent() {
        0 => String::new(),
        digits => format!(".{:0width$}", minor % scale, width = digits as usize),
    };
    format!("{sign}{}{fraction}", minor / scale)
}

/// The first digits of a moment in UTC: `yyyyMMddHHmmss` with 14, milliseconds with 17.
fn digits(moment: Timestamp, count: usize) -> String {
    moment.to_string().chars().filter(char::is_ascii_digit).take(count).collect()
}

#[cfg(test)]
mod tests {
    use kernel::Currency;
    use proptest::prelude::*;

    use super::*;
    use crate::rules::request::Activity;

    const KEY: &str = "ebf72724-bacc-414b-a86b-fda5bcc8153c";
    const ADDRESS: &str = "https://seller.example/saasproduce";

    fn now() -> Timestamp {
        "2026-11-30T08:00:00.123456Z".parse().unwrap()
    }

    fn sale(mode: BillingMode) -> Sale {
        Sale {
            business: "biz-2".to_owned(),
            order: "CS2611300800ABCDE".to_owned(),
            line: "CS2611300800ABCDE-000001".to_owned(),
            mode,
            product: "prd_1".to_owned(),
            sku: "PRO".to_owned(),
            quantities: [("users".to_owned(), 10)].into(),
            answers: Vec::new(),
            period: Some(("month", 1)),
            amount: Some(Money::of(30_050, Currency::CNY)),
            is_trial: false,
            ends: Some("2026-12-31T01:00:00Z".parse().unwrap()),
            customer: Some(Customer {
                id: "acc_1".to_owned(),
                name: "Ada & Söhne = 爱达".to_owned(),
                user: Some("usr_1".to_owned()),
                user_name: Some("ada".to_owned()),
                mobile: Some("13800138000".to_owned()),
                email: Some("ada@people.example".to_owned()),
            }),
        }
    }

    fn signed(request: &Request) -> SignedQuery {
        sign(request, (ADDRESS, KEY, FieldCipher::Aes256), "nonce", now())
    }

    fn said(request: &Request) -> String {
        let content = signed(request).content;
        content.replace(&format!("&timeStamp={}", digits(now(), 17)), "")
    }

    #[test]
    fn a_token_is_what_another_program_computes() {
        // Computed with Python: base64.b64encode(hmac.new((KEY + stamp).encode(), content.encode(), "sha256").digest()).
        let request = Request::new(Activity::ReleaseInstance).with("instanceId", "i 1+1").with("orderId", "CS1").test();
        let query = signed(&request);
        assert_eq!(
            query.content,
            "activity=releaseInstance&instanceId=i 1+1&orderId=CS1&testFlag=1&timeStamp=20261130080000123"
        );
        assert_eq!(query.auth_token, "dQsKXd0CoXOysmo8WRZvIEi0IeL2gCY7M24XqDB1VjU=");
        let url = query.url(ADDRESS);
        let sorted = "?activity=releaseInstance&instanceId=i%201%2B1&orderId=CS1&testFlag=1&timeStamp=20261130080000123&authToken=";
        assert!(url.starts_with(&format!("{ADDRESS}{sorted}")), "{url}");
        assert_eq!(query.ask, Ask::ReleaseInstance);
        let kept = query.url_to_keep(ADDRESS);
        assert!(kept.starts_with(&format!("{ADDRESS}{sorted}")) && kept.ends_with("&authToken=…"), "{kept}");
    }

    #[test]
    fn what_an_address_has_for_itself_is_signed_too() {
        let address = "https://seller.example/in?tenant=%E4%B8%AD&Zone=a";
        let request = Request::new(Activity::ReleaseInstance).with("instanceId", "i-1");
        let query = sign(&request, (address, KEY, FieldCipher::Aes256), "nonce", now());
        assert_eq!(
            query.content,
            "Zone=a&activity=releaseInstance&instanceId=i-1&tenant=中&timeStamp=20261130080000123"
        );
        assert!(query.url(address).starts_with(&format!("{address}&activity=releaseInstance&")));
        // What is signed as a space is sent as one, however its seller wrote it.
        let loose =
            sign(&request, ("https://seller.example/in?q=a+b&flag&&c=%7e", KEY, FieldCipher::Aes256), "nonce", now());
        let sent = loose.url("https://seller.example/in?q=a+b&flag&&c=%7e");
        assert!(sent.starts_with("https://seller.example/in?q=a%20b&flag=&c=%7E&activity=releaseInstance&"), "{sent}");
        assert!(loose.content.contains("&c=~&flag=&") && loose.content.contains("&q=a b&"), "{}", loose.content);
        assert_eq!(names(&Url::parse(address).unwrap()), None);
        assert_eq!(names(&Url::parse("https://a.b/?x=1&orderId=2").unwrap()), Some("orderId"));
    }

    #[test]
    fn a_creation_says_everything_that_there_is() {
        let request =
            Request::new(Activity::NewInstance).with("businessId", "biz-1").with("orderLineId", "no parameter");
        let of = |sale: Sale| said(&request.clone().sold(sale));
        let hide = |field: &str, text: &str| FieldCipher::Aes256.hide(KEY, &iv("nonce", field), text);
        let whole = format!(
            "activity=newInstance&amount=10&businessId=biz-1&chargingMode=1&customerId=acc_1&customerName=Ada & Söhne = 爱达&email={}\
             &expireTime=20261231010000&mobilePhone={}&orderAmount=300.50&orderId=CS2611300800ABCDE&periodNumber=1&periodType=month\
             &productId=prd_1&skuCode=PRO&userId=usr_1&userName=ada",
            hide("email", "ada@people.example"),
            hide("mobilePhone", "13800138000")
        );
        assert_eq!(of(sale(BillingMode::Period)), whole);
        let once = of(Sale { period: None, ..sale(BillingMode::OneOff) });
        assert!(once.contains("chargingMode=3") && !once.contains("expireTime") && !once.contains("period"), "{once}");
        let by_use = of(Sale { quantities: BTreeMap::new(), ..sale(BillingMode::OnDemand) });
        assert!(
            by_use.contains("chargingMode=0") && !by_use.contains("expireTime") && !by_use.contains("amount="),
            "{by_use}"
        );
        assert!(of(sale(BillingMode::Package)).contains("chargingMode=5&"));
        let trial = of(Sale { is_trial: true, ..sale(BillingMode::Period) });
        assert!(trial.contains("&trialFlag=1&"), "{trial}");
        let second = of(Sale { line: "CS2611300800ABCDE-000002".to_owned(), ..sale(BillingMode::Period) });
        assert!(second.contains("orderId=CS2611300800ABCDE-000002&"), "each line has a number of its own: {second}");
        let stranger = Customer {
            mobile: None,
            email: Some(String::new()),
            user: None,
            ..sale(BillingMode::Period).customer.unwrap()
        };
        let bare = of(Sale { customer: Some(stranger), ..sale(BillingMode::Period) });
        assert!(!bare.contains("mobilePhone") && !bare.contains("email") && !bare.contains("userId"), "{bare}");
        let long = Customer {
            name: "x".repeat(80),
            email: Some("e".repeat(90)),
            ..sale(BillingMode::Period).customer.unwrap()
        };
        let cut = of(Sale { customer: Some(long), ..sale(BillingMode::Period) });
        assert!(cut.contains(&format!("customerName={}&", "x".repeat(64))) && !cut.contains("email="), "{cut}");
    }

    #[test]
    fn each_errand_has_its_words() {
        let on = |activity| Request::new(activity).with("instanceId", "i-1");
        let of = |request: Request, mode| said(&request.sold(sale(mode)));
        let freeze = on(Activity::UpdateInstanceStatus).with("status", "FREEZE");
        let unfreeze = on(Activity::UpdateInstanceStatus).with("status", "UNFREEZE");
        assert_eq!(
            of(freeze.clone(), BillingMode::Period),
            "activity=expireInstance&instanceId=i-1&orderId=CS2611300800ABCDE"
        );
        assert_eq!(of(freeze, BillingMode::OnDemand), "activity=instanceStatus&instanceId=i-1&instanceStatus=FREEZE");
        assert_eq!(of(unfreeze, BillingMode::OnDemand), "activity=instanceStatus&instanceId=i-1&instanceStatus=NORMAL");
        assert!(!super::super::unfreezes(BillingMode::Period), "its renewal says it");
        let release = on(Activity::ReleaseInstance);
        assert_eq!(
            of(release, BillingMode::Period),
            "activity=releaseInstance&instanceId=i-1&orderId=CS2611300800ABCDE"
        );
        let query = on(Activity::QueryInstance);
        assert_eq!(of(query.clone(), BillingMode::OnDemand), "activity=queryInstance&instanceId=i-1");
        let again = of(query, BillingMode::Period);
        assert!(
            again.starts_with("activity=newInstance&amount=10&businessId=biz-2&"),
            "a creation that is sent again: {again}"
        );
        let upgrade = of(on(Activity::UpgradeInstance).with("orderId", "CS2"), BillingMode::Period);
        assert_eq!(upgrade, "activity=upgrade&amount=10&instanceId=i-1&orderId=CS2&productId=prd_1&skuCode=PRO");
    }

    #[test]
    fn codes_are_told_in_the_words_of_the_newer_form() {
        let on = |activity| Request::new(activity).with("license", "PLTEST").sold(sale(BillingMode::Period));
        let renewed = on(Activity::RefreshLicenseCode).with("orderId", "CS2").with("orderLineId", "CS2-000001");
        assert_eq!(
            said(&renewed.with("scene", "UNSUBSCRIBE_RENEWAL_PERIOD").with("expireTime", "20270131010000")),
            "activity=refreshLicenseCode&expireTime=20270131010000&license=PLTEST&orderId=CS2-R&orderLineId=CS2-R-000001&scene=UNSUBSCRIBE_RENEWAL_PERIOD"
        );
        let frozen = said(&on(Activity::UpdateLicenseCodeStatus).with("status", "FREEZE"));
        assert_eq!(frozen, "activity=updateLicenseCodeStatus&license=PLTEST&status=FREEZE");
        let thawed = said(&on(Activity::UpdateLicenseCodeStatus).with("status", "UNFREEZE"));
        assert_eq!(thawed, "activity=updateLicenseCodeStatus&license=PLTEST&status=UNFREEZE");
        assert_eq!(said(&on(Activity::ReleaseLicenseCode)), "activity=releaseLicenseCode&license=PLTEST");
    }

    #[test]
    fn a_renewal_says_its_own_order_and_money() {
        let refresh = |scene: &str| {
            let request = Request::new(Activity::RefreshInstance).with("instanceId", "i-1").with("orderId", "CS2");
            request
                .with("orderLineId", "CS2-000001")
                .with("scene", scene)
                .with("expireTime", "20270131010000")
                .sold(sale(BillingMode::Period))
        };
        let renewed = "activity=refreshInstance&expireTime=20270131010000&instanceId=i-1&orderAmount=300.50&orderId=CS2&periodNumber=1&periodType=month";
        assert_eq!(said(&refresh("RENEWAL")), renewed);
        let back = renewed.replace("=300.50", "=-300.50").replace("=CS2&", "=CS2-R&");
        assert_eq!(said(&refresh("UNSUBSCRIBE_RENEWAL_PERIOD")), back, "by a number of its own");
        assert_eq!(said(&refresh("TRIAL_TO_FORMAL")), format!("{renewed}&trialToFormal=1"));
        assert!(said(&refresh("RENEWAL").with("productId", "prd_2")).contains("&productId=prd_2"));
    }

    #[test]
    fn amounts_are_decimals_without_a_currency() {
        let check = |minor, currency, expected: &str| assert_eq!(decimal(Money::of(minor, currency)), expected);
        check(30_050, Currency::CNY, "300.50");
        check(-5, Currency::CNY, "-0.05");
        check(0, Currency::CNY, "0.00");
        check(300, "JPY".parse().unwrap(), "300");
    }

    #[test]
    fn quantities_without_a_parameter_are_told_as_extensions() {
        let request = Request::new(Activity::NewInstance);
        let of = |quantities: &[(&str, u64)]| {
            let quantities = quantities.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect();
            signed(&request.clone().sold(Sale { quantities, ..sale(BillingMode::Period) })).parameters
        };
        let sizes = of(&[("users", 10), ("disk_size", 100), ("bandwidth", 5)]);
        assert_eq!(["amount", "diskSize", "bandWidth"].map(|name| sizes[name].as_str()), ["10", "100", "5"]);
        assert!(!sizes.contains_key("saasExtendParams"));
        let two = of(&[("users", 10), ("节点>~", 2)]);
        assert!(!two.contains_key("amount"), "which of them would it be");
        let text = BASE64_STANDARD.decode(&two["saasExtendParams"]).unwrap();
        let list: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(list, json!([{ "name": "users", "value": "10" }, { "name": "节点>~", "value": "2" }]));
        let many: Vec<String> = (0..200).map(|number| format!("quantity-number-{number:03}")).collect();
        let many: Vec<(&str, u64)> = many.iter().map(|code| (code.as_str(), 1)).collect();
        let cut = of(&many)["saasExtendParams"].clone();
        assert!(cut.len() <= 2_048 && BASE64_STANDARD.decode(cut).unwrap().ends_with(b"\"}]"));
    }

    #[test]
    fn what_a_buyer_has_answered_stands_behind_what_was_paid_for() {
        let answers = vec![("domain".to_owned(), "例子.com".to_owned()), ("note".to_owned(), "\"a\" & <b>".to_owned())];
        let quantities = [("rooms".to_owned(), 2), ("users".to_owned(), 10)].into();
        let sold = Sale { quantities, answers, ..sale(BillingMode::Period) };
        let told = signed(&Request::new(Activity::NewInstance).sold(sold)).parameters["saasExtendParams"].clone();
        let list: Value = serde_json::from_slice(&BASE64_STANDARD.decode(told).unwrap()).unwrap();
        let pair = |name: &str, value: &str| json!({ "name": name, "value": value });
        let wanted = [pair("rooms", "2"), pair("users", "10"), pair("domain", "例子.com"), pair("note", "\"a\" & <b>")];
        assert_eq!(list, json!(wanted));
    }

    /// What a seller's program makes of the address: decoded, sorted, joined, without the token. With another library than ours.
    fn derived(url: &str) -> (String, String, String) {
        let query = url.split_once('?').unwrap().1;
        let mut pairs: Vec<(String, String)> = serde_html_form::from_str(query).unwrap();
        pairs.sort();
        let take = |name: &str| pairs.iter().find(|(own, _)| own == name).unwrap().1.clone();
        let (token, stamp) = (take("authToken"), take("timeStamp"));
        pairs.retain(|(name, _)| name != "authToken");
        let content: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (content.join("&"), stamp, token)
    }

    proptest! {
        #[test]
        fn a_program_that_reads_the_address_comes_to_the_same_content(
            name in ".{0,70}", code in "[a-z_~>&=+ ]{1,30}", count in any::<u64>(), instance in ".{1,64}", own in "[a-z]{1,5}", which in 0..Activity::ALL.len(), mode in 0..BillingMode::ALL.len(),
        ) {
            let mode = BillingMode::ALL[mode];
            let customer = Customer { name, ..sale(mode).customer.unwrap() };
            let quantities = [(code, count), ("users".to_owned(), 3)].into();
            let request = Request::new(Activity::ALL[which]).with("instanceId", instance).with("businessId", "b")
                .sold(Sale { customer: Some(customer), quantities, ..sale(mode) });
            let address = format!("https://seller.example/in?{own}=+%2B%20");
            let query = sign(&request, (&address, KEY, FieldCipher::Aes128), "nonce", now());
            let (content, stamp, token) = derived(&query.url(&address));
            prop_assert_eq!(&content, &query.content);
            prop_assert_eq!(mac(&format!("{KEY}{stamp}"), content.as_bytes()), token);
            if let Some(extended) = query.parameters.get("saasExtendParams") {
                prop_assert!(!extended.contains('+'), "{}", extended);
            }
        }
    }
}
