//! What texts lead to: links, addresses and numbers that take a deal away from the site or a reader to a bad place. Nothing
//! is fetched; what a link is, its text says.

use kernel::{Localized, text::Email};
use policy::Checks;
use url::{Host, Url};

use super::{
    findings::{Check, CheckResult, Finding},
    naming::{as_read, contains_word},
};

/// Names that stand for machines nobody else can reach.
const PRIVATE_ENDS: [&str; 7] = ["localhost", "local", "internal", "lan", "home.arpa", "intranet", "corp"];

/// What is wrong with the links and contacts in one text.
pub(crate) fn led_away(field: &str, text: &str, checks: &Checks) -> Vec<Finding> {
    let finding =
        |check, verdict, message: Localized| Finding { check, verdict, field: field.to_owned(), message, about: None };
    let mut found: Vec<Finding> = Vec::new();
    for link in links(text) {
        if let Some((verdict, message)) = judged(link, checks) {
            found.push(finding(Check::Links, verdict, message));
        }
    }
    let rest = without_links(&as_read(text));
    if names_a_phone(&rest) {
        let zh = "含有电话号码；电话填写在支持信息的热线栏";
        let en = "has a phone number; write it into the support's hotline";
        found.push(finding(Check::Links, CheckResult::Warned, Localized::new(en, zh)));
    }
    if rest
        .split(|c: char| c.is_whitespace() || "，。；：（）()<>,;".contains(c))
        .any(|word| word.parse::<Email>().is_ok())
    {
        let zh = "含有邮箱地址；邮箱填写在支持信息的邮箱栏";
        let en = "has a mail address; write it into the support's mail";
        found.push(finding(Check::Links, CheckResult::Warned, Localized::new(en, zh)));
    }
    let lower = rest.to_lowercase();
    for word in checks.outside_words.iter().filter(|word| contains_word(&lower, &word.to_lowercase())) {
        let en = format!("mentions '{word}'; deals are made on this site only, take it out");
        found.push(finding(
            Check::Links,
            CheckResult::Warned,
            Localized::new(en, format!("提到了“{word}”；交易只能在本站进行，须删除")),
        ));
    }
    found.dedup();
    found
}

/// Whether a reader could follow anything in a text.
pub(super) fn leads_anywhere(text: &str) -> bool {
    !links(text).is_empty() || names_a_host(text)
}

/// How the names of hosts end that nobody takes for a word.
const HOST_ENDS: [&str; 10] = ["com", "net", "org", "cn", "biz", "xyz", "vip", "hk", "tw", "ru"];
/// How others end, which are words and files too: a path behind it tells them apart.
const ENDS_BEFORE_PATHS: [&str; 24] = [
    "ai", "app", "cc", "club", "co", "de", "dev", "eu", "fr", "info", "io", "jp", "kr", "link", "live", "ly", "me",
    "online", "shop", "site", "store", "top", "tv", "uk",
];
/// What ends like a host and is called so.
const NO_HOSTS: [&str; 15] = [
    "ado.net",
    "akka.net",
    "asp.net",
    "draw.io",
    "java.net",
    "json.net",
    "lucene.net",
    "ml.net",
    "newtonsoft.net",
    "paint.net",
    "quartz.net",
    "socket.io",
    "spring.net",
    "system.net",
    "vb.net",
];

/// Whether a text in small letters has the name of a host without a scheme: one that ends as they do, by itself or with
/// a path.
fn names_a_host(text: &str) -> bool {
    let part_of_one = |c: char| c.is_ascii_alphanumeric() || "-./".contains(c);
    text.split(|c: char| !part_of_one(c)).any(|word| {
        let (name, path) = word.split_once('/').unwrap_or((word, ""));
        let name = name.trim_matches('.');
        let Some((before, end)) = name.rsplit_once('.') else { return false };
        let labels = before.split('.').all(|label| !label.is_empty());
        let has_path = !path.is_empty() && ENDS_BEFORE_PATHS.contains(&end);
        labels && !NO_HOSTS.contains(&name) && (HOST_ENDS.contains(&end) || has_path)
    })
}

/// How what can be followed is told from other text.
const MARKS: [&str; 5] = ["://", "www.", "](", "javascript:", "data:text"];

/// Everything that a reader could follow: what has a scheme, begins with `www.`, or is the target of a Markdown link.
fn links(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((start, mark)) = MARKS.iter().filter_map(|mark| Some((rest.find(mark)?, *mark))).min() {
        let begins = match mark {
            "://" => scheme_begins(&rest[..start]),
            "](" => start + mark.len(),
            _ => start,
        };
        let ends = |c: char| c.is_whitespace() || "<>\"'()，。；！？、）】」".contains(c);
        let end = rest[begins..].find(ends).map_or(rest.len(), |at| begins + at);
        let link = rest[begins..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ']']);
        if !link.is_empty() {
            found.push(link);
        }
        rest = &rest[end.max(start + mark.len())..];
    }
    found
}

/// Where the scheme begins that ends a text.
fn scheme_begins(before: &str) -> usize {
    before
        .char_indices()
        .rev()
        .take_while(|(_, c)| c.is_ascii_alphanumeric() || "+-.".contains(*c))
        .last()
        .map_or(before.len(), |(at, _)| at)
}

/// Groups of digits in a row that are dialled: a mobile number, a hotline, an area code with its number, anything after +.
fn names_a_phone(text: &str) -> bool {
    let joined = |c: char| c.is_ascii_digit() || "+-() （）－".contains(c);
    text.split(|c: char| !joined(c)).any(|run| {
        let international =
            run.split_once('+').is_some_and(|(_, after)| after.chars().filter(char::is_ascii_digit).count() >= 8);
        let groups: Vec<&str> = run.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
        let dialled = |from: usize| {
            let number: String = groups[from..].iter().take(3).copied().collect();
            let hotline = number.len() == 10 && (number.starts_with("400") || number.starts_with("800"));
            let local = groups[from].starts_with('0')
                && (3..=4).contains(&groups[from].len())
                && groups.get(from + 1).is_some_and(|rest| (7..=8).contains(&rest.len()));
            is_mobile(groups[from]) || hotline || local
        };
        international || (0..groups.len()).any(dialled)
    })
}

fn is_mobile(group: &str) -> bool {
    group.len() == 11
        && group.starts_with('1')
        && group.as_bytes().get(1).is_some_and(|second| (b'3'..=b'9').contains(second))
}

fn without_links(text: &str) -> String {
    links(text).into_iter().fold(text.to_owned(), |rest, link| rest.replace(link, " "))
}

fn judged(link: &str, checks: &Checks) -> Option<(CheckResult, Localized)> {
    let said = |en: &str, zh: &str| Localized::new(format!("leads to {link}, {en}"), format!("链接 {link} {zh}"));
    let failed = |en: &str, zh: &str| Some((CheckResult::Failed, said(en, zh)));
    let warned = |en: &str, zh: &str| Some((CheckResult::Warned, said(en, zh)));
    let named = if link.starts_with("www.") { format!("https://{link}") } else { link.to_owned() };
    let Ok(url) = Url::parse(&named) else {
        // The target of a Markdown link may be a place on the same page.
        let broken = link.contains("://");
        return if broken {
            failed("which is no address; write it in full", "不是有效的网址，须写完整")
        } else {
            None
        };
    };
    if !["http", "https"].contains(&url.scheme()) {
        return failed("which is no web page; link to https only", "不是网页，只能使用 https 链接");
    }
    if !url.username().is_empty() || url.password().is_some() {
        let zh = "以用户名掩盖真实域名，须去掉 @ 之前的内容";
        return failed("which hides its host behind a name; leave out what is before @", zh);
    }
    let host = url.host()?;
    if is_private(&host) {
        return failed("which only you can reach; link to a public page", "只在内部网络可达，须改为公开网页");
    }
    if let Host::Domain(name) = &host
        && checks.outside_hosts.iter().any(|outside| lies_below(name, &outside.to_lowercase()))
    {
        return failed("which this site does not allow; take it out", "属于本站不允许的域名，须删除");
    }
    match host {
        Host::Ipv4(_) | Host::Ipv6(_) => warned("which is a number; link to a name", "使用了 IP 地址，须改为域名"),
        Host::Domain(name) if name.split('.').any(|label| label.starts_with("xn--")) => {
            let zh = "域名含有易混淆的字符，须确认无误";
            warned("which is written in letters that can be mistaken; make sure of it", zh)
        }
        Host::Domain(_) if url.scheme() == "http" => {
            warned("which is not encrypted; link to https", "未加密，须改为 https 链接")
        }
        Host::Domain(_) => None,
    }
}

/// Whether a host is another one or below it.
fn lies_below(host: &str, end: &str) -> bool {
    let host = host.trim_end_matches('.');
    host == end || host.strip_suffix(end).is_some_and(|rest| rest.ends_with('.'))
}

/// Whether nobody else can reach it.
fn is_private(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified(),
        Host::Ipv6(v6) => v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local(),
        Host::Domain(name) => {
            !name.trim_end_matches('.').contains('.') || PRIVATE_ENDS.iter().any(|end| lies_below(name, end))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn checks() -> Checks {
        policy::Policy::parse(policy::DEFAULT).unwrap().review.checks
    }

    fn verdicts(text: &str) -> Vec<(CheckResult, String)> {
        let found = led_away("description.en", text, &checks());
        found.into_iter().map(|finding| (finding.verdict, finding.message.en)).collect()
    }

    #[test]
    fn good_links_are_let_through() {
        for text in [
            "See https://docs.example.com/guide?page=2#top for more.",
            "[Guide](https://docs.example.com/a_(b)), [below](#prices)",
            "手册见 https://docs.example.com/zh/。",
            "Handles 10,000,000 lines at a ratio of 3:1",
            "Since 2026-11-29, ISO 27001 2022, GB/T 22239-2019, 10 000 000 lines",
        ] {
            assert_eq!(verdicts(text), [], "{text}");
        }
    }

    #[test]
    fn bad_links_and_contacts_are_named_with_what_to_do() {
        let failed = |text: &str, part: &str| {
            let found = verdicts(text);
            assert!(
                found.iter().any(|(verdict, en)| *verdict == CheckResult::Failed && en.contains(part)),
                "{text}: {found:?}"
            );
        };
        failed("[click](javascript:alert(1))", "no web page");
        failed("ftp://files.example.com/a", "no web page");
        failed("https://bank.example.com@evil.example.net/", "hides its host");
        failed("see http://10.0.0.7/admin.", "only you can reach");
        failed("see https://[::1]/", "only you can reach");
        failed("https://wiki.corp/page and more", "only you can reach");
        failed("立即购买：https://item.taobao.com/1?id=2。", "does not allow");
        failed("www.bit.ly/x", "does not allow");
        let warned = |text: &str, part: &str| {
            let found = verdicts(text);
            assert!(
                found.iter().any(|(verdict, en)| *verdict == CheckResult::Warned && en.contains(part)),
                "{text}: {found:?}"
            );
        };
        warned("http://docs.example.com", "not encrypted");
        warned("https://93.184.216.34/", "a number");
        warned("https://xn--80ak6aa92e.com/", "mistaken");
        warned("Call 400-820-8820 now", "phone number");
        warned("致电１３８００１３８０００", "phone number");
        warned("write to sales@example.com, we answer", "mail address");
        warned("加微信了解优惠", "微信");
        warned("Pay by PayPal.", "paypal");
    }

    proptest! {
        #[test]
        fn no_text_is_a_fault(text in "(.|://|www\\.|\\]\\(|https|[0-9]{3}|。){0,60}") {
            led_away("summary.zh", &text, &checks());
        }
    }
}
