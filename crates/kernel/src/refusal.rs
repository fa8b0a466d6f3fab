//! The three kinds of error: not there, refused, our fault; and busy, which is tried again at the edge.

use crate::text::Localized;

/// Why something that was asked for is not done, said to the person who asked.
pub trait Refusal: std::error::Error + Send + Sync + 'static {
    /// Stable, dotted, for programs: `order.wrong_state`.
    fn code(&self) -> &'static str;

    /// What is wrong and how to mend it. The English is what `Display` says, for logs; people read the language they speak.
    fn text(&self) -> Localized;

    /// The HTTP status that says it best.
    fn status(&self) -> u16 {
        422
    }

    /// What is wrong with single fields, when fields are the trouble.
    fn fields(&self) -> &[FieldError] {
        &[]
    }

    /// Seconds after which trying again makes sense.
    fn retry_after(&self) -> Option<u64> {
        None
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not there, or may not be seen by whoever asks: the same answer.
    #[error("there is no such {0}")]
    NotFound(Thing),
    #[error("{0}")]
    Refused(Box<dyn Refusal>),
    /// The database asks to try the whole transaction again.
    #[error("the database is busy; try again")]
    Busy,
    #[error("internal error")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub fn fault(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Fault(source.into())
    }

    /// What the person who asked is told; nothing about a fault but that it is ours.
    pub fn text(&self) -> Localized {
        match self {
            Self::NotFound(thing) => Localized::new(self.to_string(), format!("找不到该{}", thing.zh())),
            Self::Refused(refusal) => refusal.text(),
            Self::Busy => Localized::new(self.to_string(), "数据库繁忙，稍后再试"),
            Self::Fault(_) => Localized::new(
                "something went wrong on our side; nothing was changed",
                "我们的系统出了问题，任何数据都没有改动",
            ),
        }
    }

    /// The stable code of a refusal.
    pub fn refusal_code(&self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => Some(refusal.code()),
            Self::NotFound(_) | Self::Busy | Self::Fault(_) => None,
        }
    }
}

macro_rules! things {
    ($($thing:ident = $en:literal, $zh:literal;)+) => {
        /// What can be asked for and not be there.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Thing { $($thing),+ }

        impl Thing {
            const fn en(self) -> &'static str {
                match self { $(Self::$thing => $en),+ }
            }

            pub const fn zh(self) -> &'static str {
                match self { $(Self::$thing => $zh),+ }
            }
        }
    };
}

things! {
    AccessKey = "access key", "访问密钥";
    Account = "account", "账号";
    Agreement = "agreement", "协议";
    Announcement = "announcement", "公告";
    Application = "application", "申请";
    Attribute = "attribute", "SKU 属性";
    AtThisAddress = "thing at this address", "地址对应的内容";
    BusinessInformation = "business information", "商业信息";
    Category = "category", "类目";
    Change = "change", "变更申请";
    Coupon = "coupon", "优惠券";
    CouponBatch = "coupon batch", "优惠券批次";
    DeadLetter = "dead letter", "失败任务";
    Delivery = "delivery", "交付任务";
    Discount = "discount", "专属优惠";
    Document = "document", "文件";
    Errand = "task at a seller's system", "接口任务";
    Floor = "floor", "楼层";
    Import = "import", "导入";
    Instance = "instance", "已购资源";
    Licence = "licence", "授权码";
    Measure = "measure", "处置措施";
    Message = "message", "消息";
    Order = "order", "订单";
    OrderLine = "order line", "订单行";
    Page = "page", "页面";
    PrivateOffer = "private offer", "专属报价";
    Product = "product", "商品";
    ProductionAddress = "production address", "生产地址";
    ProductionCall = "call", "接口调用记录";
    ProductionCase = "case", "调试用例";
    Proposal = "proposed measure", "处置建议";
    Quote = "quote", "询价单";
    Refund = "refund", "退款记录";
    Removal = "application for taking off sale", "下架申请";
    Resale = "resale authorisation", "转售授权";
    Review = "review", "评价";
    ReviewCase = "reported review", "被举报的评价";
    Revision = "revision", "商品版本";
    Sandbox = "sandbox", "沙箱";
    Seller = "seller", "商家";
    Session = "session", "登录会话";
    Sku = "sku", "SKU";
    Tag = "tag", "标签";
    Spec = "spec", "规格";
    TestCode = "test code", "测试授权码";
    Token = "token", "访问令牌";
    TopUp = "top-up", "充值记录";
    UsageCharge = "charge of use", "用量账单";
    UsageCorrection = "correction of a record of use", "话单更正";
    UsageRecord = "record of use", "话单";
    UsageRefusal = "refused record of use", "异常话单";
    User = "user", "用户";
    Verification = "verification", "实名认证申请";
}

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.en())
    }
}

impl<R: Refusal> From<R> for Error {
    fn from(refusal: R) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

/// One thing wrong with one field of what was sent; `field` is a JSON path such as `contact.email`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct FieldError {
    pub field: String,
    pub message: Localized,
}

/// What was sent breaks the rules of its form; every mistake is listed, not only the first.
///
/// A message goes on where the field's name ends: `("must be at least 1", "不能小于 1")`.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(|e| format!("{} {}", e.field, e.message.en)).collect::<Vec<_>>().join("; "))]
pub struct Invalid(pub Vec<FieldError>);

impl Invalid {
    pub fn one(field: impl Into<String>, message: impl Into<Localized>) -> Self {
        Self(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// Notes a mistake unless `fine`.
    pub fn check(&mut self, fine: bool, field: impl Into<String>, message: impl Into<Localized>) {
        if !fine {
            self.0.push(FieldError { field: field.into(), message: message.into() });
        }
    }

    /// Notes a mistake unless the trimmed text has between `min` and `max` printable characters.
    pub fn length(&mut self, text: &str, min: usize, max: usize, field: impl Into<String>) {
        let count = text.trim().chars().count();
        let fine = (min..=max).contains(&count) && crate::text::is_printable(text);
        let message = match (min, max) {
            (0, max) => {
                (format!("must have at most {max} printable characters"), format!("最多 {max} 个字符，不能含控制字符"))
            }
            (min, max) => (
                format!("must have {min} to {max} printable characters"),
                format!("须为 {min} 到 {max} 个字符，不能含控制字符"),
            ),
        };
        self.check(fine, field, message);
    }

    /// The same for what is written on one line, such as a name.
    pub fn line(&mut self, text: &str, min: usize, max: usize, field: impl Into<String> + Clone) {
        self.length(text, min, max, field.clone());
        let breaks = ['\n', '\r', '\t', '\u{2028}', '\u{2029}'];
        self.check(!text.trim().contains(breaks), field, ("must be on one line", "不能含换行或制表符"));
    }

    /// Keeps the value of a check that parses, or notes its mistake.
    pub fn keep<T, E: Into<Localized>>(&mut self, parsed: Result<T, E>, field: impl Into<String>) -> Option<T> {
        parsed.map_err(|error| self.check(false, field, error)).ok()
    }

    pub fn done(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl Refusal for Invalid {
    fn code(&self) -> &'static str {
        "invalid"
    }
    fn text(&self) -> Localized {
        let zh: Vec<String> = self.0.iter().map(|e| format!("{} {}", e.field, e.message.zh)).collect();
        Localized::new(self.to_string(), zh.join("；"))
    }
    fn fields(&self) -> &[FieldError] {
        &self.0
    }
}
