//! What the demo's buyers say of what they have bought, what sellers answer, and a review that was reported.

use kernel::time::{DAY, HOUR};
use serde_json::json;

use super::{Act, Demo, scenes::STAR};
use crate::stage::client::text;

/// A product has no more of them: people who write reviews are few.
const EACH_MAX: usize = 7;

/// What works.
const GOOD: [(&str, &str); 12] = [
    ("It was running an hour after we had the code.", "拿到授权码一个小时就跑起来了。"),
    ("Support answered the same day and knew what they were talking about.", "客服当天就回复，问题说得很清楚。"),
    ("The guide is short and correct.", "使用指南不长，照着做就行。"),
    ("Updates have come every month and broken nothing.", "每个月都有更新，没有出过问题。"),
    ("Our people needed no training after the first week.", "用了一周以后，同事就不需要再培训了。"),
    ("We export everything to our own system without a detour.", "数据可以直接导出到我们自己的系统。"),
    ("It replaced two spreadsheets and a weekly meeting.", "替掉了两张表格和一个周会。"),
    ("It stays quick with three years of our data in it.", "导入三年的数据以后依然很快。"),
    ("Rights can be set as finely as our auditors want.", "权限可以分得很细，审计也认可。"),
    ("The price is what the page says, nothing came on top.", "价格和页面写的一样，没有额外费用。"),
    ("It has not been down once since we bought it.", "买来以后没有中断过。"),
    ("Adding users in the middle of the year took two minutes.", "年中增加用户，两分钟就办好了。"),
];

/// What is missing.
const LACKING: [(&str, &str); 10] = [
    ("The first import took a whole day.", "第一次导入花了整整一天。"),
    ("Reports can only be saved as PDF.", "报表只能存成 PDF。"),
    ("The settings are spread over too many pages.", "设置分散在太多页面里。"),
    ("On a phone only half of it is usable.", "手机上只有一半功能好用。"),
    ("Searching inside attachments is missing.", "不能搜索附件里的内容。"),
    ("The interface for our own programs has few examples.", "接口文档的示例太少。"),
    ("Moving to a new server needed their help.", "换服务器时需要商家协助。"),
    ("We would like to see who changed what.", "希望能看到每次修改是谁做的。"),
    ("Mail notices come too often and cannot be bundled.", "邮件通知太频繁，不能合并。"),
    ("The larger edition is the only one with single sign-on.", "只有高级版支持单点登录。"),
];

/// Titles by stars, two first.
const TITLES: [[(&str, &str); 3]; 4] = [
    [
        ("Less than we had hoped for", "低于预期"),
        ("Not there yet", "还差一些"),
        ("Too much work around it", "配套工作太多"),
    ],
    [
        ("Does its job, with gaps", "能用，有欠缺"),
        ("In the middle", "中规中矩"),
        ("Fine for a small team", "小团队够用"),
    ],
    [("Good, with wishes", "好用，还有期待"), ("We keep it", "会继续用"), ("Solid", "扎实")],
    [("Just what we needed", "正是我们需要的"), ("No regrets", "买得值"), ("Calm since we have it", "用上以后省心了")],
];

const ANSWERS: [(&str, &str); 5] = [
    (
        "Thank you. We have passed this on to development; the next version looks at it.",
        "感谢反馈，已转给研发，下个版本会处理。",
    ),
    (
        "Thank you for the details. Our support will write to you about the point that you miss.",
        "感谢详细说明，对您提到的不足，客服会与您联系。",
    ),
    (
        "Good to hear. If something comes up, the hotline on our page is there from nine to six.",
        "很高兴对您有帮助，如有问题，可在工作时间拨打商品页的热线。",
    ),
    (
        "We have shortened that step in the version of this month; please try it again.",
        "本月的版本已经简化了这一步，欢迎再试。",
    ),
    ("Thank you for taking the time to write this.", "感谢您抽时间写下评价。"),
];

/// A review that comes and the seller's answer to it are drawn from the number of the order, so that the year stays the same.
fn drawn(seed: usize, turn: usize, of: usize) -> usize {
    // SplitMix64.
    let mut mixed = u64::try_from(seed * 64 + turn).unwrap_or(0).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(of.max(1)).unwrap_or(1)).unwrap_or(0)
}

/// What is written of a product: its stars, title and text, in one of the languages.
fn written(seed: usize) -> (usize, bool, String, String) {
    let stars = [5, 5, 4, 4, 4, 5, 3, 4, 2, 5][drawn(seed, 1, 10)];
    let chinese = drawn(seed, 2, 100) < 60;
    let own = |pair: (&str, &str)| if chinese { pair.1.to_owned() } else { pair.0.to_owned() };
    let (first, second) = (drawn(seed, 3, GOOD.len()), drawn(seed, 4, GOOD.len() - 1) + 1);
    let good = [own(GOOD[first]), own(GOOD[(first + second) % GOOD.len()])];
    let (first, second) = (drawn(seed, 5, LACKING.len()), drawn(seed, 6, LACKING.len() - 1) + 1);
    let bad = [own(LACKING[first]), own(LACKING[(first + second) % LACKING.len()])];
    let [one, two] = match stars {
        5 => good,
        2 => bad,
        _ => [good[0].clone(), bad[0].clone()],
    };
    let joint = if chinese { "" } else { " " };
    let title = own(TITLES[(stars - 2).min(3)][drawn(seed, 7, 3)]);
    (stars, chinese, title, format!("{one}{joint}{two}"))
}

impl Demo {
    /// Some of those who keep what they have bought say what they think of it, some weeks later.
    pub(super) fn may_say(&mut self, buyer: usize, product: usize) {
        let seed = usize::try_from(self.counted.orders).unwrap_or(0);
        if drawn(seed, 8, 100) < 30 {
            let days = i64::try_from(6 + drawn(seed, 9, 40)).unwrap_or(6);
            let at = self.world.now().plus_micros(days * DAY + 3 * HOUR);
            self.plan(at, Act::Say { buyer, product, seed });
        }
    }

    pub(super) async fn say(&mut self, buyer: usize, product: usize, seed: usize) -> anyhow::Result<()> {
        let count = self.said.get(&product).copied().unwrap_or(0);
        let Some(id) = self.drafts.get(&product).filter(|_| count < EACH_MAX).cloned() else { return Ok(()) };
        let (stars, chinese, title, text_said) = written(seed);
        let token = self.buyers[&buyer].person.token.clone();
        let lang = if chinese { "zh" } else { "en" };
        let body = json!({ "product": id, "stars": stars, "title": title, "text": text_said, "lang": lang });
        let reply = self.world.ask(&token, "/api/v1/reviews", body).await?;
        // Whoever has written one already, or has given everything back, says nothing more.
        if reply.status != 201 {
            return Ok(());
        }
        self.said.insert(product, count + 1);
        if drawn(seed, 10, 100) < 50 {
            let at = self.world.within(4, 60);
            let review = text(&reply.body, "id")?.to_owned();
            self.plan(at, Act::Answer { product, review, seed });
        }
        Ok(())
    }

    pub(super) async fn answer(&mut self, product: usize, review: &str, seed: usize) -> anyhow::Result<()> {
        let (_, chinese, ..) = written(seed);
        let (en, zh) = ANSWERS[drawn(seed, 11, ANSWERS.len())];
        let body = json!({ "text": if chinese { zh } else { en }, "lang": if chinese { "zh" } else { "en" } });
        let token = self.shop(self.content.seller_of(product)?)?.person.token.clone();
        self.set(&token, &format!("/api/v1/seller/reviews/{review}/answer"), body).await
    }

    /// The first seller reports what it finds unfair; it waits for the operator.
    pub(super) async fn report_review(&mut self) -> anyhow::Result<()> {
        let token = self.shop(STAR)?.person.token.clone();
        let found = self.world.client.get(&token, "/api/v1/seller/reviews?limit=100").await?;
        let reviews = found["items"].as_array().cloned().unwrap_or_default();
        let Some(worst) = reviews.iter().min_by_key(|review| review["stars"].as_u64()) else { return Ok(()) };
        let path = format!("/api/v1/products/{}/reviews/{}/reports", text(worst, "product")?, text(worst, "id")?);
        let body = json!({ "reason": "untrue", "note": "Our service desk has no request of this customer." });
        self.world.ask(&token, &path, body).await.map(drop)
    }

    /// The first buyer says something of what the first seller sells, so that both find something when they sign in.
    pub(super) async fn first_review(&mut self) -> anyhow::Result<()> {
        let token = self.buyers[&STAR].person.token.clone();
        let seller = self.shop(STAR)?.person.account.clone();
        let list = self.world.client.get(&token, "/api/v1/instances?limit=100").await?;
        let own = list["items"].as_array().into_iter().flatten().filter(|item| item["seller"] == seller.as_str());
        for item in own {
            let body = json!({
                "product": item["product"], "stars": 4, "title": "Does what it says", "lang": "en",
                "text": "Half of our team works with it every day. We would like to see who changed what."
            });
            if self.world.ask(&token, "/api/v1/reviews", body).await?.status == 201 {
                return Ok(());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reviews_differ_and_may_be_published() {
        let policy = policy::Policy::parse(policy::DEFAULT).unwrap();
        let mut texts = std::collections::BTreeSet::new();
        for seed in 0..400 {
            let (stars, _, title, text) = written(seed);
            assert!((2..=5).contains(&stars) && title.chars().count() <= 60);
            assert!(!catalogue::leads_away(&text, &policy.review.checks), "{text}");
            texts.insert(text);
        }
        assert!(texts.len() > 200, "{} of 400", texts.len());
        for (en, zh) in ANSWERS {
            for answer in [en, zh] {
                assert!(!catalogue::leads_away(answer, &policy.review.checks), "{answer}");
            }
        }
    }
}
