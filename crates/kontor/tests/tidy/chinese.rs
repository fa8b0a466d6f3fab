//! Chinese texts are set as printed Chinese is, and do not shout.

use crate::{none, source::sources};

/// Half-width marks that Chinese prints at full width.
const HALF: [char; 6] = [',', ';', ':', '!', '?', ')'];

fn is_chinese(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// What is wrong with a text in Chinese, and how to mend it.
fn mistakes(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    // `%Y年%m月` is the form of a date, which is printed without spaces.
    if !text.chars().any(is_chinese) || text.contains('%') {
        return found;
    }
    if text.contains(['！', '!']) {
        found.push("shouts; end with a full stop or nothing".to_owned());
    }
    let chars: Vec<char> = text.replace("\\n", " ").chars().collect();
    for (one, other) in chars.iter().zip(chars.iter().skip(1)) {
        if is_chinese(*one) && HALF.contains(other) {
            found.push(format!("'{one}{other}': write the full-width mark"));
        }
        let latin = |c: &char| c.is_ascii_alphanumeric();
        if (is_chinese(*one) && latin(other)) || (latin(one) && is_chinese(*other)) {
            found.push(format!("'{one}{other}': put a space between Chinese and Latin letters or digits"));
        }
    }
    found
}

#[test]
fn chinese_texts_are_set_well() {
    let mut found = Vec::new();
    for source in sources() {
        for (line, text) in &source.strings {
            // Names that people are shown as examples, and the words that a rule looks for.
            if source.path.ends_with("/rules/naming.rs") && text.chars().all(is_chinese) {
                continue;
            }
            found.extend(mistakes(text).iter().map(|mistake| format!("{}:{line}: {mistake}", source.path)));
        }
    }
    none(&found);
}

#[test]
fn mistakes_in_chinese_are_known() {
    for good in ["须为 1 到 64 个字符", "请求体过大", "找不到该 SKU", "订单{}，不能{}", "english, only!", "（{unit}）"]
    {
        assert_eq!(mistakes(good), Vec::<String>::new(), "{good}");
    }
    for bad in ["太多了!", "须为1到64", "余额不足,先充值", "该SKU不存在"] {
        assert!(!mistakes(bad).is_empty(), "{bad}");
    }
}
