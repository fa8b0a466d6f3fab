//! An event in binary mode: its attributes stand in the head of the request.

use axum::http::HeaderMap;

use super::UsageEvent;

/// Whether a request has its event's attributes in its head. `kind`: the type of its body.
pub(super) fn is_in_head(head: &HeaderMap, kind: &str) -> bool {
    kind == "application/json" && head.contains_key("ce-specversion")
}

/// The event; none: something is missing or cannot be read.
pub(super) fn event(head: &HeaderMap, body: &[u8]) -> Option<UsageEvent> {
    let attribute = |name: &str| head.get(format!("ce-{name}")).and_then(|value| unescaped(value.as_bytes()));
    Some(UsageEvent {
        specversion: attribute("specversion")?,
        source: attribute("source")?,
        id: attribute("id")?,
        kind: attribute("type")?,
        subject: attribute("subject")?,
        time: attribute("time")?,
        data: serde_json::from_slice(body).ok()?,
        corrects: attribute("corrects"),
        correctssource: attribute("correctssource"),
    })
}

/// What is no plain letter stands as `%E4%B8%AD` in a header.
fn unescaped(text: &[u8]) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((first, after)) = rest.split_first() {
        let pair = after.get(..2).filter(|pair| *first == b'%' && pair.iter().all(u8::is_ascii_hexdigit));
        let byte = pair.and_then(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    const WHOLE: [(&str, &str); 6] = [
        ("ce-specversion", "1.0"),
        ("ce-source", "/gateway%201/%E4%B8%AD"),
        ("ce-id", "7f1c"),
        ("ce-type", "calls"),
        ("ce-subject", "i-1"),
        ("ce-time", "2026-11-29T08:00:00Z"),
    ];

    #[test]
    fn an_event_is_read_from_the_head_and_its_data_from_the_body() {
        let read = event(&head(&WHOLE), br#"{"value":"12"}"#).unwrap();
        assert_eq!(
            (read.source.as_str(), read.subject.as_str(), read.kind.as_str()),
            ("/gateway 1/中", "i-1", "calls")
        );
        assert!(read.corrects.is_none() && read.data.value == "12");
        for (place, (name, _)) in WHOLE.iter().enumerate() {
            let mut some = WHOLE.to_vec();
            some.remove(place);
            assert!(event(&head(&some), br#"{"value":"12"}"#).is_none(), "{name}");
        }
        assert!(event(&head(&WHOLE), b"12").is_none(), "data is an object");
        assert!(!is_in_head(&head(&WHOLE), "application/cloudevents+json"), "a whole event stands in the body");
    }

    #[test]
    fn what_is_no_escape_stays_as_it_is() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(unescaped(text.as_bytes()).as_deref(), expected);
        check("100%", Some("100%"));
        check("%+1%zz%41", Some("%+1%zzA"));
        check("%ff", None);
    }
}
