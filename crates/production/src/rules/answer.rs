//! What a seller's system answers, read with the suspicion that an answer of a stranger deserves.

use std::collections::BTreeMap;

use kernel::{Timestamp, choices};
use platform::outgoing::{Fetched, NoAnswer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    request::Activity,
    trouble::{ResultCode, Trouble},
};

choices! {
    /// What is looked at in an answer, in this order.
    pub enum Check {
        Reached = "reached",
        Status = "status",
        ContentType = "content_type",
        /// Of V1.0: the answer is signed.
        BodySign = "body_sign",
        Json = "json",
        ResultCode = "result_code",
        ResultMsg = "result_msg",
        Accepted = "accepted",
        InstanceId = "instance_id",
        Info = "info",
        FrontEndUrl = "front_end_url",
        /// Of V1.0: user name and password are encrypted.
        Encryption = "encryption",
        Usage = "usage",
        /// Of an event: its status.
        Success = "success",
        /// Of a refused event: why.
        Reason = "reason",
        /// Of an event that asks: the instance.
        Instance = "instance",
        /// Of an event that asks: the way in.
        Access = "access",
    }
}

choices! {
    /// How a check went.
    pub enum Found {
        Passed = "passed",
        Failed = "failed",
        /// Something before it failed, or the activity has no such thing.
        NotReached = "not_reached",
    }
}

/// A positive answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Accepted, but not done yet (000004).
    pub processing: bool,
    pub instance: Option<String>,
    pub info: Vec<Info>,
    /// User name or password could not be decrypted, and both are left out.
    pub unread: bool,
}

/// What an answer says of one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    pub instance: String,
    pub access: Option<AppInfo>,
    pub standing: Standing,
}

choices! {
    /// What a seller's system says that an instance is.
    pub enum Kept { Active = "active", Frozen = "frozen", Released = "released" }
}

/// How an instance stands at its seller, as far as the answer says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub state: Option<Kept>,
    pub ends: Option<Timestamp>,
    /// The seller's own code of what it is.
    pub sku: Option<String>,
    /// How many of what, as far as they are named.
    pub quantities: BTreeMap<String, u64>,
}

/// How a buyer gets into what was bought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppInfo {
    pub front_end_url: Option<String>,
    pub admin_url: Option<String>,
    pub user_name: Option<String>,
    pub password: Option<String>,
    pub memo: Option<String>,
    /// What its seller says of its use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usage: Vec<ToldUsage>,
}

impl AppInfo {
    /// Whether it says anything of how to get in.
    pub fn leads_in(&self) -> bool {
        let Self { front_end_url, admin_url, user_name, password, memo, usage: _ } = self;
        [front_end_url, admin_url, user_name, password, memo].into_iter().any(Option::is_some)
    }
}

/// What a seller's system says that was used, in units of its own. Nothing is charged by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ToldUsage {
    /// Of a package: the instance that is paid by use, as the seller's system names it.
    pub related_instance: Option<String>,
    /// So far; of a package, what is used of it.
    #[schema(example = "12.5")]
    pub value: String,
    pub counted_at: Timestamp,
    /// Where the seller shows more of it.
    pub dashboard_url: Option<String>,
}

/// An answer, and how each check went.
#[derive(Clone, Debug)]
pub struct Read {
    pub checks: Vec<(Check, Found)>,
    pub result: Result<Answer, Trouble>,
    /// What it said in clear, where something in it was hidden.
    pub(crate) opened: Option<String>,
}

/// The checks of one answer: those that there are, and how those went that were reached.
pub(super) struct Checks {
    all: Vec<Check>,
    done: Vec<(Check, Found)>,
}

impl Checks {
    pub(super) fn of(all: Vec<Check>) -> Self {
        Self { all, done: Vec::new() }
    }

    pub(super) fn note(&mut self, check: Check, fine: bool) {
        self.done.push((check, if fine { Found::Passed } else { Found::Failed }));
    }

    /// Ends here: what was not looked at was not reached.
    pub(super) fn end(self, result: Result<Answer, Trouble>) -> Read {
        let Self { all, done } = self;
        let found = |check: Check| {
            done.iter().find(|(known, _)| *known == check).map_or(Found::NotReached, |(_, found)| *found)
        };
        Read { checks: all.into_iter().map(|check| (check, found(check))).collect(), result, opened: None }
    }
}

/// Whether an activity's answer has what a check looks at.
fn belongs(check: Check, activity: Activity) -> bool {
    match check {
        Check::Reached
        | Check::Status
        | Check::ContentType
        | Check::Json
        | Check::ResultCode
        | Check::ResultMsg
        | Check::Accepted => true,
        Check::InstanceId => activity == Activity::NewInstance,
        Check::Info | Check::FrontEndUrl | Check::Usage => activity == Activity::QueryInstance,
        Check::BodySign | Check::Encryption | Check::Success | Check::Reason | Check::Instance | Check::Access => false,
    }
}

/// Reads what came back.
pub(crate) fn read(activity: Activity, came: Result<&Fetched, NoAnswer>) -> Read {
    let mut checks = Checks::of(Check::ALL.iter().copied().filter(|check| belongs(*check, activity)).collect());
    let (said, code) = match begun(came, &mut checks) {
        Ok(begun) => begun,
        Err(trouble) => return checks.end(Err(trouble)),
    };
    let processing = match code.parse() {
        Ok(ResultCode::Done) => false,
        Ok(ResultCode::Processing) if activity == Activity::NewInstance => true,
        Ok(code) => {
            checks.note(Check::Accepted, false);
            return checks.end(Err(Trouble::Refused(code)));
        }
        Err(_) => {
            checks.note(Check::Accepted, false);
            return checks.end(Err(Trouble::Unknown(code)));
        }
    };
    checks.note(Check::Accepted, true);
    let instance = word(&said["instanceId"], INSTANCE_MAX);
    if activity == Activity::NewInstance {
        checks.note(Check::InstanceId, instance.is_some());
        if instance.is_none() {
            return checks.end(Err(Trouble::NoInstanceId));
        }
    }
    let info = if activity == Activity::QueryInstance { infos(&said, &mut checks) } else { Vec::new() };
    checks.end(Ok(Answer { processing, instance, info, unread: false }))
}

/// The object that came and its code.
pub(super) fn begun(came: Result<&Fetched, NoAnswer>, checks: &mut Checks) -> Result<(Value, String), Trouble> {
    checks.note(Check::Reached, came.is_ok());
    let Fetched { status, content_type, body, .. } = came.map_err(Trouble::NoAnswer)?;
    checks.note(Check::Status, *status == 200);
    if *status != 200 {
        return Err(Trouble::Status(*status));
    }
    // Told to the seller, but no reason to leave a buyer without what was bought.
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    checks.note(Check::ContentType, kind.eq_ignore_ascii_case("application/json"));
    let said = serde_json::from_slice::<Value>(body).ok().filter(Value::is_object);
    checks.note(Check::Json, said.is_some());
    let said = said.ok_or(Trouble::NotJson)?;
    let code = said["resultCode"].as_str().map(|code| code.trim().chars().take(16).collect::<String>());
    let code = code.filter(|code| !code.is_empty() && kernel::text::is_printable(code));
    checks.note(Check::ResultCode, code.is_some());
    let code = code.ok_or(Trouble::NoCode)?;
    checks.note(Check::ResultMsg, said["resultMsg"].is_string());
    Ok((said, code))
}

pub(super) const INSTANCE_MAX: usize = 64;
const INFO_MAX: usize = 100;

pub(super) fn infos(said: &Value, checks: &mut Checks) -> Vec<Info> {
    let list: &[Value] = said["info"].as_array().map_or(&[], Vec::as_slice);
    let found: Vec<Info> = list.iter().take(INFO_MAX).filter_map(info).collect();
    checks.note(Check::Info, !found.is_empty() && found.len() == list.len());
    let told = list.iter().filter(|one| one["appInfo"].is_object());
    let mut linked = told.clone().map(|one| link(&one["appInfo"]["frontEndUrl"]).is_some());
    // Who sends the access by mail need not say it here.
    if told.count() > 0 {
        checks.note(Check::FrontEndUrl, linked.all(|fine| fine));
    }
    let mut usage = list.iter().filter_map(|one| one["usageInfo"].as_array()).flatten().peekable();
    if usage.peek().is_some() {
        let fine = |one: &Value| {
            let value = !one["usageValue"].is_null();
            let time = one["statisticalTime"].as_str().is_some_and(|text| text.len() >= 14);
            value && time
        };
        checks.note(Check::Usage, usage.all(fine));
    }
    found
}

fn info(said: &Value) -> Option<Info> {
    let instance = word(&said["instanceId"], INSTANCE_MAX)?;
    let list = said["usageInfo"].as_array().map(Vec::as_slice).unwrap_or_default();
    let usage: Vec<ToldUsage> = list.iter().filter_map(told_usage).take(USAGE_MAX).collect();
    let access = match access(&said["appInfo"]) {
        Some(access) => Some(AppInfo { usage, ..access }),
        // Who sends the access by mail may still say what is used.
        None => (!usage.is_empty()).then(|| AppInfo { usage, ..AppInfo::default() }),
    };
    Some(Info { instance, access, standing: Standing::default() })
}

/// What is kept of what one instance has used, and the longest number: 12 digits, and 4 behind the point.
const USAGE_MAX: usize = 20;
const NUMBER_MAX: usize = 17;

fn told_usage(said: &Value) -> Option<ToldUsage> {
    let value = &said["usageValue"];
    let value = if value.is_number() { value.to_string() } else { word(value, NUMBER_MAX)? };
    let is_number = value.len() <= NUMBER_MAX
        && value.starts_with(|digit: char| digit.is_ascii_digit())
        && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && value.matches('.').count() <= 1;
    let counted_at = said["statisticalTime"].as_str()?.get(..14)?;
    Some(ToldUsage {
        related_instance: word(&said["relatedInstanceId"], INSTANCE_MAX),
        value: is_number.then_some(value)?,
        counted_at: Timestamp::parse_utc("%Y%m%d%H%M%S", counted_at)?,
        dashboard_url: link(&said["dashboardUrl"]),
    })
}

pub(super) fn access(app: &Value) -> Option<AppInfo> {
    app.is_object().then(|| AppInfo {
        front_end_url: link(&app["frontEndUrl"]),
        admin_url: link(&app["adminUrl"]),
        user_name: word(&app["userName"], 128),
        password: word(&app["password"], 128),
        memo: text(&app["memo"], 1_024),
        usage: Vec::new(),
    })
}

/// A short text in one line.
pub(super) fn word(value: &Value, most: usize) -> Option<String> {
    let text = value.as_str()?.trim();
    let fine = (1..=most).contains(&text.chars().count()) && kernel::text::is_printable(text);
    fine.then(|| text.to_owned())
}

/// A text of several lines; what is too long is cut, what cannot be shown is left out.
pub(super) fn text(value: &Value, most: usize) -> Option<String> {
    let shown = value.as_str()?.chars().filter(|letter| *letter == '\n' || !letter.is_control()).take(most);
    let text: String = shown.collect();
    (!text.trim().is_empty()).then_some(text)
}

/// What an answer says in words, in either form; as one line.
pub(crate) fn said(shown: &str) -> Option<String> {
    const SAID_MAX: usize = 255;
    let answer: Value = serde_json::from_str(shown).ok()?;
    let words = text(&answer["resultMsg"], SAID_MAX).or_else(|| text(&answer["message"], SAID_MAX))?;
    Some(words.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// An address that a buyer may be led to: nothing that runs, nothing that is no web page.
pub(super) fn link(value: &Value) -> Option<String> {
    let text = word(value, 512)?;
    let url = url::Url::parse(&text).ok()?;
    let fine = matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty());
    fine.then_some(text)
}

/// The answer as its seller may read it again later: without passwords.
pub(crate) fn shown(body: &[u8]) -> String {
    const SHOWN_MAX: usize = 8_000;
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(mut said) => {
            hide(&mut said);
            serde_json::to_string_pretty(&said).unwrap_or_default()
        }
        Err(_) => without_passwords(&String::from_utf8_lossy(body)),
    };
    text.chars().filter(|letter| *letter == '\n' || !letter.is_control()).take(SHOWN_MAX).collect()
}

/// The same for what is no JSON as a whole: the text that follows the word, to its closing quote if it has one.
fn without_passwords(text: &str) -> String {
    const WORD: &str = "password";
    // Lower case of ASCII alone keeps every place where it was.
    let lower = text.to_ascii_lowercase();
    let (mut shown, mut from) = (String::with_capacity(text.len()), 0);
    while let Some(found) = lower[from..].find(WORD) {
        let rest = &text[from + found + WORD.len()..];
        let value = rest.trim_start_matches(|letter: char| letter.is_whitespace() || "\"'\\:=>".contains(letter));
        let head = text.len() - value.len();
        let quote = text[..head].chars().next_back().filter(|letter| matches!(letter, '"' | '\''));
        let ends = |letter: char| match quote {
            Some(quote) => letter == quote,
            None => letter.is_whitespace() || ",;<&}".contains(letter),
        };
        shown.push_str(&text[from..head]);
        from = head + value.find(ends).unwrap_or(value.len());
        if from > head {
            shown.push_str(HIDDEN);
        }
    }
    shown + &text[from..]
}

const HIDDEN: &str = "••••••";

fn hide(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map.iter_mut() {
                if name.eq_ignore_ascii_case("password") {
                    *inner = Value::from(HIDDEN);
                } else {
                    hide(inner);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(hide),
        Value::String(text) => *text = without_passwords(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn came(body: &str) -> Fetched {
        Fetched {
            status: 200,
            content_type: "application/json;charset=utf8".to_owned(),
            body: body.as_bytes().to_vec(),
            retry_after: None,
            signature: None,
        }
    }

    fn answer(activity: Activity, body: &str) -> Result<Answer, Trouble> {
        read(activity, Ok(&came(body))).result
    }

    #[test]
    fn what_was_used_is_read_where_it_can_be_shown() {
        let body = r#"{"resultCode":"000000","resultMsg":"","info":[{"instanceId":"i-1","usageInfo":[
            {"relatedInstanceId":"i-2","usageValue":12.5,"statisticalTime":"20261130080000123","dashboardUrl":"javascript:x"},
            {"usageValue":"7","statisticalTime":"20261130080000","dashboardUrl":"https://app.seller.example/use"},
            {"usageValue":"1e9","statisticalTime":"20261130080000"}, {"usageValue":1,"statisticalTime":"soon"}, 5]}]}"#;
        let answer = read(Activity::QueryInstance, Ok(&came(body))).result.unwrap();
        let access = answer.info[0].access.clone().unwrap();
        assert!(!access.leads_in(), "its way in is told otherwise");
        let told = |one: &ToldUsage| (one.related_instance.clone(), one.value.clone(), one.dashboard_url.is_some());
        let used: Vec<_> = access.usage.iter().map(told).collect();
        assert_eq!(used, [(Some("i-2".to_owned()), "12.5".to_owned(), false), (None, "7".to_owned(), true)]);
        assert_eq!(access.usage[0].counted_at, "2026-11-30T08:00:00Z".parse().unwrap());
        let text = serde_json::to_string(&AppInfo::default()).unwrap();
        assert!(serde_json::from_str::<AppInfo>(&text).is_ok() && !text.contains("usage"), "what was kept is read");
    }

    #[test]
    fn what_is_said_in_words_is_one_line_of_either_form() {
        assert_eq!(
            said(r#"{"resultCode":"000005","resultMsg":" 12 users\n are in use "}"#).as_deref(),
            Some("12 users are in use")
        );
        assert_eq!(said(r#"{"code":"invalid","message":"too few"}"#).as_deref(), Some("too few"));
        for nothing in ["", "no JSON", "[]", r#"{"resultMsg":""}"#, r#"{"resultMsg":5}"#] {
            assert_eq!(said(nothing), None, "{nothing}");
        }
        assert_eq!(said(&format!(r#"{{"message":"{}"}}"#, "a".repeat(300))).map(|words| words.len()), Some(255));
    }

    #[test]
    fn a_new_instance_is_there_or_in_the_making_or_refused() {
        let new = |body| answer(Activity::NewInstance, body);
        let there = new(r#"{"resultCode":"000000","resultMsg":"success","instanceId":"i-1"}"#).unwrap();
        assert_eq!((there.processing, there.instance.as_deref()), (false, Some("i-1")));
        assert!(new(r#"{"resultCode":"000004","resultMsg":"","instanceId":"i-1"}"#).unwrap().processing);
        assert_eq!(new(r#"{"resultCode":"000000"}"#), Err(Trouble::NoInstanceId));
        let long = format!(r#"{{"resultCode":"000000","instanceId":"{}"}}"#, "x".repeat(65));
        assert_eq!(new(&long), Err(Trouble::NoInstanceId));
        assert_eq!(new(r#"{"resultCode":"000106"}"#), Err(Trouble::Refused(ResultCode::SoldOut)));
        assert_eq!(new(r#"{"resultCode":"900000"}"#), Err(Trouble::Unknown("900000".to_owned())));
        assert_eq!(new(r#"{"resultCode":0}"#), Err(Trouble::NoCode));
        for nonsense in ["", "[]", "<html>", "{"] {
            assert_eq!(new(nonsense), Err(Trouble::NotJson), "{nonsense}");
        }
        let freeze = answer(Activity::UpdateInstanceStatus, r#"{"resultCode":"000004"}"#);
        assert_eq!(freeze, Err(Trouble::Refused(ResultCode::Processing)), "only creating may take its time");
    }

    #[test]
    fn access_is_taken_with_care() {
        let body = r#"{"resultCode":"000000","resultMsg":"ok","info":[{"instanceId":"i-1","appInfo":{
            "frontEndUrl":"https://app.seller.example/t/1","adminUrl":"javascript:alert(1)","userName":"ada",
            "password":"s3cret","memo":"\u6b22\u8fce\nSecond line\u0007"}}]}"#;
        let read = read(Activity::QueryInstance, Ok(&came(body)));
        let answer = read.result.unwrap();
        let access = answer.info[0].access.clone().unwrap();
        assert_eq!(access.front_end_url.as_deref(), Some("https://app.seller.example/t/1"));
        assert_eq!(access.admin_url, None, "nothing that runs");
        assert_eq!(access.memo.as_deref(), Some("欢迎\nSecond line"));
        assert!(
            read.checks.iter().all(|(check, found)| *found == Found::Passed || *check == Check::Usage),
            "{:?}",
            read.checks
        );
        assert!(!shown(body.as_bytes()).contains("s3cret"));
        assert!(shown(body.as_bytes()).contains("ada"));
        for other in [
            r#"{"memo":"user ada, password: s3cret"}"#.to_owned(),
            format!("<html></html>{body}"),
            r#"{"Password" : "s3cret of mine, s3cret", "user": "ada",}"#.to_owned(),
            "user=ada&password=s3cret".to_owned(),
            "ada <password>s3cret</password>".to_owned(),
        ] {
            let text = shown(other.as_bytes());
            assert!(!text.contains("s3cret") && text.contains("ada"), "{text}");
        }
    }

    #[test]
    fn checks_end_where_the_first_one_that_matters_fails() {
        let found =
            |read: Read| read.checks.into_iter().map(|(check, found)| format!("{check}:{found:?}")).collect::<Vec<_>>();
        let silent = found(read(Activity::ReleaseInstance, Err(NoAnswer::Slow)));
        assert_eq!(silent[0], "reached:Failed");
        assert!(silent[1..].iter().all(|check| check.ends_with("NotReached")), "{silent:?}");
        let html =
            Fetched { content_type: "text/html".to_owned(), ..came(r#"{"resultCode":"000000","resultMsg":""}"#) };
        let read = read(Activity::ReleaseInstance, Ok(&html));
        assert!(read.result.is_ok(), "a wrong type is told and no reason to fail");
        assert!(read.checks.contains(&(Check::ContentType, Found::Failed)));
    }

    proptest! {
        #[test]
        fn no_answer_is_too_strange(body in prop::collection::vec(any::<u8>(), 0..300), status in 100_u16..600, which in 0..Activity::ALL.len()) {
            let fetched = Fetched { status, content_type: String::new(), body, retry_after: None, signature: None };
            let read = read(Activity::ALL[which], Ok(&fetched));
            prop_assert!(read.result.is_err(), "random bytes are no answer");
            let _ = shown(&fetched.body);
        }

        #[test]
        fn strange_values_are_left_out(value in "[ -~]{0,80}", wide in ".{0,80}") {
            let said = serde_json::json!({"resultCode": "000000", "instanceId": value, "info": [{"instanceId": wide,
                "appInfo": {"frontEndUrl": value, "adminUrl": wide, "userName": wide, "password": [1], "memo": wide}}, value, 1]});
            let body = said.to_string();
            for activity in [Activity::NewInstance, Activity::QueryInstance] {
                if let Ok(answer) = answer(activity, &body) {
                    for access in answer.info.iter().filter_map(|info| info.access.as_ref()) {
                        for link in [&access.front_end_url, &access.admin_url].into_iter().flatten() {
                            prop_assert!(link.to_lowercase().starts_with("http"), "{link}");
                        }
                    }
                }
            }
        }
    }
}
