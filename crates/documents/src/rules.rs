//! Which files are taken, and how their names leave again.

use std::fmt::Write;

use base64::{Engine, prelude::BASE64_STANDARD};
use kernel::{Invalid, Localized, Refusal, choices, text::is_printable};
use policy::Policy;

choices! {
    /// What a document was handed in for.
    pub enum Purpose {
        BusinessLicence = "business_licence",
        /// A software copyright or the right to sell somebody else's software.
        SalesPermit = "sales_permit",
        /// The agreement between seller and buyer that goes with a product.
        ServiceAgreement = "service_agreement",
        Identity = "identity",
        PaymentProof = "payment_proof",
        /// The picture beside a product's name. It is drawn again before it is kept.
        ProductLogo = "product_logo",
        /// What a product looks like in use. It is drawn again before it is kept.
        ProductScreenshot = "product_screenshot",
        /// How to log in and use a product; buyers can read it.
        UserGuide = "user_guide",
        /// The certificate of a software copyright, or a declaration about it.
        SoftwareCopyright = "software_copyright",
        /// What proves a mark of quality or compatibility.
        Certificate = "certificate",
        /// What the site asks for with some kinds of products.
        ProductQualification = "product_qualification",
        /// A form that goes with a supervised service; buyers can read it.
        ServiceTemplate = "service_template",
        Other = "other",
    }
}

/// Why a file is not taken that is fine by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentRefused {
    #[error("your account may hand in {0} MB in all, and this file would be too much; ask the operator for more room")]
    Full(u32),
}

impl Refusal for DocumentRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Full(_) => "document.no_room",
        }
    }

    fn text(&self) -> Localized {
        let zh = match self {
            Self::Full(most) => {
                format!("每个账号最多可上传 {most} MB 文件，上传此文件后将超出上限，可联系平台运营人员扩容")
            }
        };
        Localized::new(self.to_string(), zh)
    }
}

/// Refuses a file for which the account has no room left.
pub(crate) fn check_room(held: i64, size: i64, megabytes_max: u32) -> Result<(), DocumentRefused> {
    let most = i64::from(megabytes_max) * 1_000_000;
    if held.saturating_add(size) <= most { Ok(()) } else { Err(DocumentRefused::Full(megabytes_max)) }
}

impl Purpose {
    /// Whether it goes with a product, beside its agreement and its pictures.
    pub fn is_paper(self) -> bool {
        match self {
            Self::UserGuide
            | Self::SoftwareCopyright
            | Self::Certificate
            | Self::ProductQualification
            | Self::ServiceTemplate => true,
            Self::BusinessLicence
            | Self::SalesPermit
            | Self::ServiceAgreement
            | Self::Identity
            | Self::PaymentProof
            | Self::ProductLogo
            | Self::ProductScreenshot
            | Self::Other => false,
        }
    }

    /// Whether pages show it.
    pub fn is_picture(self) -> bool {
        matches!(self, Self::ProductLogo | Self::ProductScreenshot)
    }
}

/// A file as it was sent.
#[derive(Clone, Copy, Debug)]
pub struct Upload<'a> {
    pub name: &'a str,
    pub purpose: Purpose,
    pub content_type: &'a str,
    /// The bytes in base64.
    pub content: &'a str,
}

/// A file that may be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

pub(crate) const NAME_MAX: usize = 120;

/// So many papers of an earlier try a form brings back.
pub(crate) const KEPT_MAX: usize = 10;

/// Pictures and scans that prove something, beside the kinds that the policy allows for agreements.
const PICTURES: [&str; 3] = ["png", "jpg", "jpeg"];

/// What pages can show.
const SHOWN: [&str; 4] = ["png", "jpg", "jpeg", "webp"];

/// What the first bytes of a format are, and what browsers call it; the first name is the one that is kept.
struct Format {
    endings: &'static [&'static str],
    begins: &'static [&'static [u8]],
    media_types: &'static [&'static str],
}

const ZIP: &[&[u8]] = &[b"PK\x03\x04", b"PK\x05\x06"];
const OLE: &[&[u8]] = &[b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"];
const UNTOLD: &str = "application/octet-stream";

const FORMATS: &[Format] = &[
    Format { endings: &["pdf"], begins: &[b"%PDF-"], media_types: &["application/pdf"] },
    Format {
        endings: &["zip"],
        begins: ZIP,
        media_types: &["application/zip", "application/x-zip-compressed", "application/x-zip"],
    },
    Format {
        endings: &["docx"],
        begins: ZIP,
        media_types: &["application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
    },
    Format {
        endings: &["pptx"],
        begins: ZIP,
        media_types: &["application/vnd.openxmlformats-officedocument.presentationml.presentation"],
    },
    Format { endings: &["doc"], begins: OLE, media_types: &["application/msword"] },
    Format { endings: &["ppt"], begins: OLE, media_types: &["application/vnd.ms-powerpoint"] },
    Format {
        endings: &["rar"],
        begins: &[b"Rar!\x1a\x07"],
        media_types: &["application/vnd.rar", "application/x-rar-compressed", "application/x-rar"],
    },
    Format { endings: &["png"], begins: &[b"\x89PNG\r\n\x1a\n"], media_types: &["image/png"] },
    Format { endings: &["webp"], begins: &[b"RIFF"], media_types: &["image/webp"] },
    Format { endings: &["jpg", "jpeg"], begins: &[b"\xff\xd8\xff"], media_types: &["image/jpeg", "image/jpg"] },
];

/// Checks name, ending, size, and that the content is what the ending promises.
pub(crate) fn check(upload: &Upload<'_>, policy: &Policy) -> Result<File, Invalid> {
    let Upload { name, purpose, content_type, content } = *upload;
    let mut wrong = Invalid::default();
    let name = name.trim();
    wrong.length(name, 3, NAME_MAX, "name");
    wrong.check(
        is_plain(name),
        "name",
        ("must be a file name without path, quotation marks or line breaks", "须为不含路径、引号和换行的文件名"),
    );
    let ending = ending(name);
    let allowed = endings_for(purpose, policy);
    let known = allowed.contains(&ending.as_str());
    wrong.check(
        known,
        "name",
        (format!("must end in one of: {}", allowed.join(", ")), format!("扩展名须为以下之一：{}", allowed.join("、"))),
    );
    let most = usize::try_from(policy.catalogue.agreement_bytes_max).unwrap_or(usize::MAX);
    let too_large = Localized::new(format!("may have at most {most} bytes"), format!("不能超过 {most} 字节"));
    // Four letters carry three bytes: what is too long is refused before it is decoded.
    let fits = content.len() / 4 <= most / 3 + 1;
    wrong.check(fits, "content", too_large.clone());
    let bytes = if fits { BASE64_STANDARD.decode(content) } else { Ok(Vec::new()) };
    let encoding = ("must be the file's bytes in standard base64", "须为文件内容的标准 Base64 编码");
    let bytes = wrong.keep(bytes.map_err(|_| encoding), "content");
    if let Some(bytes) = bytes.as_ref().filter(|_| fits) {
        wrong.check(!bytes.is_empty(), "content", ("must not be empty", "不能为空"));
        wrong.check(bytes.len() <= most, "content", too_large);
    }
    let told = media_type(content_type);
    wrong.check(
        told.is_some(),
        "content_type",
        ("must be a media type like application/pdf", "须为 application/pdf 这样的媒体类型"),
    );
    let format = FORMATS.iter().find(|format| format.endings.contains(&ending.as_str()));
    if let (true, Some(format), Some(bytes), Some(told)) = (known, format, &bytes, &told) {
        let fine = told == UNTOLD || format.media_types.contains(&told.as_str());
        wrong.check(
            fine,
            "content_type",
            (
                format!("must be {} for a file that ends in {ending}", format.media_types[0]),
                format!("与扩展名 {ending} 不符，须为 {}", format.media_types[0]),
            ),
        );
        let same = bytes.is_empty() || format.begins.iter().any(|start| bytes.starts_with(start));
        wrong.check(
            same,
            "content",
            (format!("is not a {ending} file although its name says so"), format!("与扩展名不符，不是 {ending} 文件")),
        );
    }
    wrong.done()?;
    let media_type = format.map_or_else(|| told.unwrap_or_default(), |format| format.media_types[0].to_owned());
    Ok(File { name: name.to_owned(), media_type, bytes: bytes.unwrap_or_default() })
}

fn endings_for(purpose: Purpose, policy: &Policy) -> Vec<&str> {
    if purpose.is_picture() {
        return SHOWN.to_vec();
    }
    let mut endings: Vec<&str> = policy.catalogue.agreement_endings.iter().map(String::as_str).collect();
    match purpose {
        Purpose::ServiceAgreement
        | Purpose::UserGuide
        | Purpose::ServiceTemplate
        | Purpose::ProductLogo
        | Purpose::ProductScreenshot => {}
        Purpose::BusinessLicence
        | Purpose::SalesPermit
        | Purpose::Identity
        | Purpose::PaymentProof
        | Purpose::SoftwareCopyright
        | Purpose::Certificate
        | Purpose::ProductQualification
        | Purpose::Other => endings.extend(PICTURES),
    }
    endings
}

/// What follows the last dot, in small letters.
fn ending(name: &str) -> String {
    name.rsplit_once('.')
        .map(|(stem, ending)| if stem.is_empty() { "" } else { ending })
        .unwrap_or_default()
        .to_lowercase()
}

/// Letters that would lead out of a folder or break a header have no place in a file name.
fn is_plain(name: &str) -> bool {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    is_printable(name)
        && !name.contains(|c: char| "/\\\"<>|:*?\n\r\t".contains(c) || turns(c))
        && !name.starts_with('.')
}

fn media_type(text: &str) -> Option<String> {
    let text = text.split(';').next().unwrap_or_default().trim().to_lowercase();
    let (kind, rest) = text.split_once('/')?;
    let token = |part: &str| {
        (1..=80).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    (token(kind) && token(rest)).then_some(text)
}

/// The `Content-Disposition` of a download: a plain fallback for old clients and the true name,
/// [RFC 6266](https://www.rfc-editor.org/rfc/rfc6266).
pub(crate) fn attachment(name: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_. ".contains(c);
    let plain: String = name.chars().map(|c| if safe(c) { c } else { '_' }).collect();
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits() -> Policy {
        Policy::parse(policy::DEFAULT).unwrap()
    }

    fn checked(name: &str, purpose: Purpose, content_type: &str, bytes: &[u8]) -> Result<File, Vec<String>> {
        let content = BASE64_STANDARD.encode(bytes);
        check(&Upload { name, purpose, content_type, content: &content }, &limits())
            .map_err(|wrong| wrong.0.into_iter().map(|error| error.field).collect())
    }

    #[test]
    fn a_file_is_what_its_ending_says() {
        let zip = b"PK\x03\x04rest".as_slice();
        let ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest".as_slice();
        let table: &[(&str, &[u8], &str)] = &[
            ("a.pdf", b"%PDF-1.7", "application/pdf"),
            ("a.zip", zip, "application/x-zip-compressed"),
            ("a.docx", zip, "application/octet-stream"),
            ("a.pptx", zip, "application/octet-stream"),
            ("a.doc", ole, "application/msword"),
            ("a.ppt", ole, "application/vnd.ms-powerpoint; charset=binary"),
            ("a.rar", b"Rar!\x1a\x07\x01\x00", "application/vnd.rar"),
            ("营业执照.JPG", b"\xff\xd8\xff\xe0", "image/jpeg"),
            ("a.png", b"\x89PNG\r\n\x1a\nrest", "image/png"),
        ];
        for (name, bytes, content_type) in table {
            checked(name, Purpose::Other, content_type, bytes).expect(name);
            assert_eq!(
                checked(name, Purpose::Other, content_type, b"MZ\x90"),
                Err(vec!["content".to_owned()]),
                "{name}"
            );
        }
        assert_eq!(checked("a.zip", Purpose::Other, "application/x-zip", zip).unwrap().media_type, "application/zip");
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_field() {
        let pdf = b"%PDF-1.7".as_slice();
        for (name, field) in
            [("a.exe", "name"), ("pdf", "name"), ("../a.pdf", "name"), ("a\"b.pdf", "name"), (".pdf", "name")]
        {
            let found = checked(name, Purpose::Other, "application/pdf", pdf).unwrap_err();
            assert!(found.contains(&field.to_owned()), "{name}: {found:?}");
        }
        assert_eq!(checked("a\u{202e}fdp.pdf", Purpose::Other, UNTOLD, pdf), Err(vec!["name".to_owned()]));
        assert_eq!(checked("a.pdf", Purpose::Other, "text/html", pdf), Err(vec!["content_type".to_owned()]));
        assert_eq!(checked("a.pdf", Purpose::Other, "pdf", pdf), Err(vec!["content_type".to_owned()]));
        assert_eq!(checked("a.pdf", Purpose::Other, UNTOLD, b""), Err(vec!["content".to_owned()]));
        assert_eq!(
            checked("a.png", Purpose::ServiceAgreement, UNTOLD, b"\x89PNG\r\n\x1a\n"),
            Err(vec!["name".to_owned()])
        );
        let upload = Upload { name: "a.pdf", purpose: Purpose::Other, content_type: UNTOLD, content: "%%%" };
        assert_eq!(check(&upload, &limits()).unwrap_err().0[0].field, "content");
    }

    #[test]
    fn the_size_limit_is_met_to_the_byte() {
        let mut policy = limits();
        policy.catalogue.agreement_bytes_max = 8;
        for (bytes, fits) in [(&b"%PDF-123"[..], true), (b"%PDF-1234", false), (b"%PDF-123456789012345678", false)] {
            let content = BASE64_STANDARD.encode(bytes);
            let upload = Upload { name: "a.pdf", purpose: Purpose::Other, content_type: UNTOLD, content: &content };
            assert_eq!(check(&upload, &policy).is_ok(), fits, "{} bytes", bytes.len());
        }
    }

    proptest! {
        #[test]
        fn a_download_header_is_one_safe_line(name in "\\PC{1,60}") {
            let header = attachment(&name);
            prop_assert!(header.bytes().all(|b| (0x20..0x7f).contains(&b)));
            prop_assert_eq!(header.matches('"').count(), 2);
        }

        #[test]
        fn no_upload_is_a_fault(name in ".{0,200}", content_type in ".{0,40}", content in ".{0,200}") {
            let _ = check(&Upload { name: &name, purpose: Purpose::Other, content_type: &content_type, content: &content }, &limits());
        }
    }
}
