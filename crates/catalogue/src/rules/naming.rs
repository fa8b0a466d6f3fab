//! How products, specs and versions may be named (spec/marketplace.md §4.2), with messages that say how to repair a name.

use kernel::Localized;

/// A name in small pieces, in small letters: words, numbers, and each Chinese character by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Word(String),
    Number(String),
    Sign(char),
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        match (pieces.last_mut(), c) {
            (Some((Piece::Word(word), true)), 'a'..='z') => word.push(c),
            (Some((Piece::Number(number), true)), '0'..='9') => number.push(c),
            (_, 'a'..='z') => pieces.push((Piece::Word(c.to_string()), true)),
            (_, '0'..='9') => pieces.push((Piece::Number(c.to_string()), true)),
            (last, c) if c.is_whitespace() || c.is_ascii_punctuation() => {
                if let Some((_, open)) = last {
                    *open = false;
                }
            }
            (_, c) => pieces.push((Piece::Sign(c), true)),
        }
    }
    pieces.into_iter().map(|(piece, _)| piece).collect()
}

impl Piece {
    fn is_word(&self, words: &[&str]) -> bool {
        matches!(self, Self::Word(word) if words.contains(&word.as_str()))
    }

    fn is_sign(&self, signs: &str) -> bool {
        matches!(self, Self::Sign(sign) if signs.contains(*sign))
    }

    fn counts(&self) -> bool {
        matches!(self, Self::Number(_))
            || self.is_word(&["a", "one", "two", "three", "six", "twelve", "per", "each", "by", "half", "full"])
            || self.is_sign("一二三四五六七八九十两半每按包整单个全")
    }
}

/// A piece that passes `is_unit`, after a number or standing alone.
fn counted(pieces: &[Piece], is_unit: impl Fn(&Piece) -> bool) -> bool {
    let alone = pieces.len() == 1 && pieces.iter().all(&is_unit);
    alone || pieces.windows(2).any(|pair| matches!(pair, [before, unit] if before.counts() && is_unit(unit)))
}

/// A name as it is read: wide letters and digits are what they look like, and what cannot be seen is not there.
pub(super) fn as_read(name: &str) -> String {
    name.chars().filter(|c| !is_invisible(*c)).map(narrow).collect()
}

/// Zero-width, joining and direction characters, which would hide a word from the rules but not from buyers.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

fn invisible(name: &str) -> Option<Localized> {
    let zh = "不能包含不可见字符，重新输入名称即可";
    let wrong = || Localized::new("must not contain characters that cannot be seen; type the name anew", zh);
    name.chars().any(is_invisible).then(wrong)
}

/// What is wrong with the name of a product.
pub(super) fn product_name(name: &str, forbidden: &[String]) -> Vec<Localized> {
    let mut wrong: Vec<Localized> = invisible(name).into_iter().collect();
    let name = &as_read(name);
    let pieces = pieces(name);
    wrong.extend(forbidden_words(name, forbidden));
    if has_price(name, &pieces) {
        wrong.push(with_price());
    }
    if has_version(name, &pieces) {
        let zh = "不能包含版本号，请填写在“版本号”一栏";
        wrong.push(Localized::new("must not contain a version; write it into the field version", zh));
    }
    if has_phone(name) {
        let zh = "不能包含电话号码，请填写在“客服电话”一栏";
        wrong.push(Localized::new("must not contain a phone number; write it into the support phone", zh));
    }
    wrong
}

/// What is wrong with the name of a spec.
pub(super) fn spec_name(name: &str, forbidden: &[String]) -> Vec<Localized> {
    let mut wrong: Vec<Localized> = invisible(name).into_iter().collect();
    let name = &as_read(name);
    let pieces = pieces(name);
    wrong.extend(forbidden_words(name, forbidden));
    if is_generic(&pieces) {
        wrong.push(Localized::new(
            "must say what the spec includes, such as 'Server installation'; a number tells buyers nothing",
            "须体现规格包含的内容，例如“服务器部署”；编号对买家没有意义",
        ));
    }
    if has_term(&pieces) {
        let zh = "不能包含年、月等时长，时长由买家购买时选择";
        wrong.push(Localized::new("must not name a year or month; how long is chosen with the price", zh));
    }
    if counted(&pieces, |piece| piece.is_word(&["set", "sets", "time", "times"]) || piece.is_sign("套次")) {
        let zh = "不能包含套数或次数，数量应设为数量属性";
        wrong.push(Localized::new("must not count sets or times; how many is a quantity attribute", zh));
    }
    if has_price(name, &pieces) {
        wrong.push(with_price());
    }
    wrong
}

fn with_price() -> Localized {
    Localized::new("must not contain a price; prices belong to the SKUs", "不能包含价格，价格在 SKU 中设置")
}

fn forbidden_words(name: &str, forbidden: &[String]) -> Vec<Localized> {
    let lower = name.to_lowercase();
    let found = forbidden.iter().filter(|word| contains_word(&lower, &word.to_lowercase()));
    let message = |word: &String| {
        let en = format!("must not contain '{word}'; name what the product does instead");
        Localized::new(en, format!("不能包含“{word}”，名称应说明商品的功能"))
    };
    found.map(message).collect()
}

/// Latin words count only when they stand by themselves: 'best' is not in 'bestow'.
pub(super) fn contains_word(text: &str, word: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.match_indices(word).any(|(start, found)| {
        let (before, after) = (text[..start].chars().next_back(), text[start + found.len()..].chars().next());
        let opens = letter(before) && letter(found.chars().next());
        let closes = letter(after) && letter(found.chars().next_back());
        !found.is_empty() && !opens && !closes
    })
}

fn has_price(name: &str, pieces: &[Piece]) -> bool {
    let currency = |piece: &Piece| {
        piece.is_sign("元块折")
            || piece.is_word(&["yuan", "rmb", "cny", "usd", "eur", "dollar", "dollars", "euro", "euros"])
    };
    name.contains(['¥', '￥', '$', '€', '£'])
        || pieces.windows(2).any(|pair| matches!(pair, [Piece::Number(_), unit] if currency(unit)))
}

fn has_version(name: &str, pieces: &[Piece]) -> bool {
    let chars: Vec<char> = name.chars().collect();
    let dotted = chars.windows(3).any(|at| at[0].is_ascii_digit() && at[1] == '.' && at[2].is_ascii_digit());
    let marked = pieces.windows(2).any(|pair| {
        matches!(pair, [mark, Piece::Number(_)] if mark.is_word(&["v", "ver", "version", "release"]) || mark.is_sign("本"))
    });
    dotted || marked
}

/// Seven digits with nothing but the separators of phone numbers between them.
fn has_phone(name: &str) -> bool {
    let mut digits = 0;
    for c in name.chars() {
        if c.is_ascii_digit() {
            digits += 1;
        } else if !matches!(c, '-' | ' ' | '(' | ')' | '+' | '（' | '）' | '－') {
            digits = 0;
        }
        if digits >= 7 {
            return true;
        }
    }
    false
}

/// `Spec 1`, `SKU-A`, `规格一`, `default`.
fn is_generic(pieces: &[Piece]) -> bool {
    let rest = match pieces {
        [first, rest @ ..] if first.is_word(&["spec", "specs", "specification", "sku", "default", "standardspec"]) => {
            rest
        }
        [first, second, rest @ ..] if first.is_sign("规默") && second.is_sign("格认") => rest,
        _ => return false,
    };
    let numbering = |piece: &Piece| match piece {
        Piece::Number(_) => true,
        Piece::Word(word) => word.len() == 1,
        Piece::Sign(_) => piece.is_sign("一二三四五六七八九十甲乙丙丁号"),
    };
    rest.len() <= 2 && rest.iter().all(numbering)
}

fn has_term(pieces: &[Piece]) -> bool {
    let said = |piece: &Piece| piece.is_word(&["annual", "annually", "yearly", "monthly", "quarterly"]);
    let paid =
        pieces.windows(2).any(|pair| matches!(pair, [unit, paid] if unit.is_sign("年月") && paid.is_sign("付费度租")));
    let unit = |piece: &Piece| piece.is_word(&["year", "years", "month", "months"]) || piece.is_sign("年月");
    // 12 个月: the counting word stands between the number and the unit, and counts itself.
    pieces.iter().any(said) || paid || counted(pieces, unit)
}

/// Whether a product is called as the certificate says, maybe with the form in which it is sold.
pub(super) fn is_certified_name(name: &str, certified: &str) -> bool {
    let plain = |text: &str| -> String {
        as_read(text).to_lowercase().chars().map(|c| if "（）[]【】".contains(c) { ' ' } else { c }).collect()
    };
    let (name, certified) = (plain(name), plain(certified));
    let Some(form) = name.trim().strip_prefix(certified.trim()) else { return false };
    let form = form.trim_matches(|c: char| c.is_whitespace() || c.is_ascii_punctuation());
    // With a space between Chinese and Latin letters or without one: sellers write both.
    let joined = |text: &str| text.split_whitespace().collect::<String>();
    form.is_empty() || FORMS.iter().any(|known| joined(known) == joined(form))
}

/// What may follow the name on the certificate (spec/marketplace.md §4.2).
const FORMS: [&str; 12] = [
    "saas 版",
    "saas",
    "saas edition",
    "独立部署",
    "独立部署版",
    "on premises",
    "self-hosted",
    "配套服务",
    "companion service",
    "hcs 版",
    "镜像",
    "image",
];

/// `V1.0`, `V2.13.4`; not `v0.1`, not `first version`.
pub(super) fn is_version(version: &str) -> bool {
    let Some(numbers) = version.strip_prefix('V') else {
        return false;
    };
    let parts: Vec<&str> = numbers.split('.').collect();
    let number = |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    (2..=4).contains(&parts.len()) && parts.iter().all(number) && parts[0].trim_start_matches('0') == parts[0]
}

/// Whether a question is after something that nobody but its owner may know.
pub(super) fn asks_for_a_secret(question: &str) -> bool {
    const SECRETS: [&str; 9] =
        ["password", "passwd", "passcode", "secret", "密码", "口令", "验证码", "私钥", "private key"];
    let question = question.to_lowercase();
    SECRETS.into_iter().any(|secret| question.contains(secret))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words() -> Vec<String> {
        ["huawei", "华为", "best", "no.1", "第一"].map(str::to_owned).to_vec()
    }

    #[test]
    fn a_product_is_named_after_what_it_is() {
        for good in [
            "Log Lens",
            "日志透镜",
            "Log Lens SaaS版",
            "云报表（HCS版）",
            "Bestow CRM",
            "MP3 Studio",
            "Office 365 Backup",
        ] {
            assert_eq!(product_name(good, &words()), [], "{good}");
        }
        let check = |name: &str, part: &str| {
            let wrong = product_name(name, &words());
            assert!(wrong.iter().any(|message| message.en.contains(part)), "{name}: {wrong:?}");
        };
        for name in ["Log Lens ¥99", "Log Lens 99元", "日志透镜 8折", "Only 30 USD", "Lens for $5"] {
            check(name, "a price");
        }
        for name in ["Log Lens V2", "Log Lens v2.1", "Log Lens 3.0", "日志透镜 版本2", "Lens Version 4"] {
            check(name, "a version");
        }
        for name in ["Lens 400-820-8820", "Lens 13800138000", "Lens (021) 5555 1234"] {
            check(name, "a phone number");
        }
        // Wide letters are read like others, and what cannot be seen hides nothing.
        for name in [
            "Ｈｕａｗｅｉ Lens",
            "The ｂｅｓｔ lens",
            "华\u{200b}为日志",
            "Hua\u{ad}wei Lens",
            "No．１ Lens",
            "Be\u{2060}st",
        ] {
            check(name, "must not contain '");
        }
        check("Log Lens Ｖ２．１", "a version");
        check("Lens １３８００１３８０００", "a phone number");
        check("Log Lens ９９元", "a price");
        check("Log\u{200d} Lens", "cannot be seen");
        for name in ["Huawei Lens", "华为日志", "The BEST lens", "No.1 Lens", "第一日志"] {
            check(name, "must not contain '");
        }
    }

    #[test]
    fn a_spec_is_named_after_what_it_includes() {
        for good in [
            "Server installation",
            "服务器部署",
            "Standard",
            "企业版",
            "Real-time suite",
            "办公套件",
            "多层次权限",
            "Time series",
        ] {
            assert_eq!(spec_name(good, &words()), [], "{good}");
        }
        let check = |name: &str, part: &str| {
            let wrong = spec_name(name, &words());
            assert!(wrong.iter().any(|message| message.en.contains(part)), "{name}: {wrong:?}");
        };
        for name in ["Spec 1", "spec", "SPEC-A", "规格1", "规格一", "默认", "Specification 2"] {
            check(name, "what the spec includes");
        }
        for name in ["1 year", "12-month licence", "Monthly", "一年", "12个月", "包年", "年付版", "年", "Month"]
        {
            check(name, "a year or month");
        }
        for name in ["10 sets", "5次", "一套", "times", "per set"] {
            check(name, "sets or times");
        }
        check("Huawei edition", "huawei");
    }

    #[test]
    fn a_product_is_called_as_its_certificate_says() {
        for (name, fine) in [
            ("日志透镜", true),
            ("日志透镜 SaaS版", true),
            ("日志透镜（HCS版）", true),
            ("日志透镜独立部署", true),
            ("日志透镜增强平台", false),
            ("透镜", false),
        ] {
            assert_eq!(is_certified_name(name, "日志透镜"), fine, "{name}");
        }
        assert!(is_certified_name("Log Lens (SaaS edition)", "LOG LENS"));
    }

    #[test]
    fn versions_look_like_v1_0() {
        for good in ["V1.0", "V2.13.4", "V10.0.0.1"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["", "v1.0", "V1", "V0.1", "first version", "1.0", "V1.", "V1.x", "V12345.0", "V.1"] {
            assert!(!is_version(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_name_is_a_fault(name in ".{0,80}", word in ".{0,10}") {
            let _ = (product_name(&name, std::slice::from_ref(&word)), spec_name(&name, &[word]), is_version(&name));
        }

        #[test]
        fn a_forbidden_word_is_found_wherever_it_stands_by_itself(before in "[a-z ]{0,8}", after in "[a-z ]{0,8}") {
            let name = format!("{before} Best, {after}");
            prop_assert!(!product_name(&name, &words()).is_empty());
        }
    }
}
