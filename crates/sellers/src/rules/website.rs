//! Addresses of websites that tell about a seller.

use kernel::Localized;

/// Paths and host names of pages that ask visitors to sign in before they see anything.
const LOGIN_WORDS: [&str; 12] = [
    "login", "log-in", "log_in", "logon", "signin", "sign-in", "sign_in", "signon", "sso", "passport", "auth", "oauth",
];

pub(crate) const WEBSITE_MAX: usize = 300;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WrongWebsite {
    #[error("must begin with http:// or https://")]
    Scheme,
    #[error("must name a host like www.example.com")]
    Host,
    #[error("must not contain spaces or control characters and have at most {WEBSITE_MAX} characters")]
    Letters,
    #[error("must tell about the company; a login page does not")]
    Login,
}

impl From<WrongWebsite> for Localized {
    fn from(wrong: WrongWebsite) -> Self {
        let zh = match wrong {
            WrongWebsite::Scheme => "须以 http:// 或 https:// 开头".to_owned(),
            WrongWebsite::Host => "须包含 www.example.com 这样的域名".to_owned(),
            WrongWebsite::Letters => format!("不能含空格或控制字符，最多 {WEBSITE_MAX} 个字符"),
            WrongWebsite::Login => "须为介绍企业的页面，不能是登录页".to_owned(),
        };
        Self::new(wrong.to_string(), zh)
    }
}

/// Checks the form of an address; whether it answers is for the reviewer to see.
pub(crate) fn check(address: &str) -> Result<(), WrongWebsite> {
    let lower = address.to_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")).ok_or(WrongWebsite::Scheme)?;
    let odd = |c: char| c.is_whitespace() || c.is_control() || "\"<>\\^`{|}".contains(c);
    if rest.chars().count() > WEBSITE_MAX || rest.contains(odd) {
        return Err(WrongWebsite::Letters);
    }
    let (authority, page) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    if !is_host(host) || !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Err(WrongWebsite::Host);
    }
    let query = page.find('?').unwrap_or(page.len());
    let fragment = page.find('#').unwrap_or(page.len());
    // What stands in the query says nothing; a path behind `#` is a page of a single-page site.
    let path = &page[..query.min(fragment)];
    let steps = path.split('/').chain(page[fragment..].split(['#', '/', '!', '?']));
    let first_label = host.split('.').next();
    let login = |word: &str| LOGIN_WORDS.contains(&word.split('.').next().unwrap_or(word));
    if steps.chain(first_label).any(login) { Err(WrongWebsite::Login) } else { Ok(()) }
}

/// A dotted name of letters, digits and hyphens whose end is no number.
fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        let fits = (1..=63).contains(&label.chars().count());
        fits && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let top = host.rsplit('.').next().unwrap_or_default();
    host.len() <= 253 && host.contains('.') && host.split('.').all(label) && top.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_website_is_public_and_well_formed() {
        let table = [
            ("https://www.example.com", Ok(())),
            ("http://example.com:8080/about?from=login#team", Ok(())),
            ("HTTPS://Example.COM/Authors/blogin", Ok(())),
            ("https://例子.公司/关于", Ok(())),
            ("ftp://example.com", Err(WrongWebsite::Scheme)),
            ("www.example.com", Err(WrongWebsite::Scheme)),
            ("javascript:alert(1)", Err(WrongWebsite::Scheme)),
            ("https://", Err(WrongWebsite::Host)),
            ("https://localhost/", Err(WrongWebsite::Host)),
            ("https://10.0.0.1/", Err(WrongWebsite::Host)),
            ("https://user@example.com", Err(WrongWebsite::Host)),
            ("https://example.com:0", Err(WrongWebsite::Host)),
            ("https://example.com:99999", Err(WrongWebsite::Host)),
            ("https://-a.example.com", Err(WrongWebsite::Host)),
            ("https://example..com", Err(WrongWebsite::Host)),
            ("https://example.com/a b", Err(WrongWebsite::Letters)),
            ("https://example.com/login", Err(WrongWebsite::Login)),
            ("https://example.com/app/Login.aspx?next=/", Err(WrongWebsite::Login)),
            ("https://example.com/sign-in/", Err(WrongWebsite::Login)),
            ("https://example.com/#/login", Err(WrongWebsite::Login)),
            ("https://login.example.com", Err(WrongWebsite::Login)),
        ];
        for (address, wanted) in table {
            assert_eq!(check(address), wanted, "{address}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged(text in ".{0,80}", host in "[a-z#?/:.@é]{0,20}") {
            let _ = check(&text);
            let _ = check(&format!("https://{host}{text}"));
        }
    }
}
