//! What sellers are told of errands that their systems did not do.

use kernel::{Localized, Result};
use messages::Topic;
use platform::Tx;
use production::Trouble;

use crate::{
    Deliveries,
    rules::{
        Delivery, Outcome,
        errand::{Errand, ErrandKind},
    },
    store,
};

fn why(errand: &Errand) -> Localized {
    errand.trouble.as_ref().map(Trouble::for_seller).unwrap_or_default()
}

impl Deliveries {
    /// A try of what was paid for failed and another one follows.
    pub(super) async fn tried_in_vain(&self, tx: &mut Tx, errand: &Errand) -> Result<()> {
        if errand.kind == ErrandKind::Create {
            let delivery = self.find(tx, errand.delivery).await?;
            let code = errand.trouble.as_ref().map(Trouble::code);
            let tried = Delivery { tries: errand.tries, outcome: Outcome::Due { last_error: code }, ..delivery };
            store::save(tx, &tried).await?;
        }
        let zone = self.policies.current().await?.zone();
        let next = errand.due_at.format("%Y-%m-%d %H:%M", &zone);
        let why = why(errand);
        let bought = self.orders.line(tx, errand.line).await?.content.title;
        let (en, zh) = if errand.kind == ErrandKind::Create { ("create", "开通") } else { ("change", "变更") };
        let title = Localized::new(
            format!("Your system did not {en}: {}", bought.en),
            format!("贵方系统未能{zh}：{}", bought.zh),
        );
        let text = Localized::new(
            format!("{} It is tried again at {next}. You can restart it at once under Your system, Tasks.", why.en),
            format!("{} 将于 {next} 自动重试，也可在“生产接口”的“任务”中立即重新启动。", why.zh),
        );
        self.messages.tell(tx, errand.seller, Topic::Delivery, title, text).await
    }

    /// An errand was given up, and nobody pays it back.
    pub(super) async fn tell_of_dead(&self, tx: &mut Tx, errand: &Errand) -> Result<()> {
        let (what, meanwhile) = if errand.is_of_code() { of_code(errand.kind) } else { of_instance(errand.kind) };
        let why = why(errand);
        let bought = self.orders.line(tx, errand.line).await?.content.title;
        let title = Localized::new(
            format!("Your system did not {}: {}", what.0, bought.en),
            format!("贵方系统未能{}：{}", what.1, bought.zh),
        );
        let text = Localized::new(
            format!(
                "{} It is not tried again by itself. Mend it, then restart it under Your system, Tasks. {}",
                why.en, meanwhile.0
            ),
            format!("{} 系统不再自动重试。请排除问题后在“生产接口”的“任务”中重新启动{}", why.zh, meanwhile.1),
        );
        self.messages.tell(tx, errand.seller, Topic::Delivery, title, text).await
    }
}

/// A phrase in both languages.
type Phrase = (&'static str, &'static str);

/// What a seller's system did not do with an instance, and what that means until it does.
fn of_instance(kind: ErrandKind) -> (Phrase, Phrase) {
    let what = match kind {
        ErrandKind::Notify => ("take note of an order", "接收订单通知"),
        ErrandKind::Create | ErrandKind::Access => ("tell how the buyer gets in", "返回访问信息"),
        ErrandKind::Accept => ("take over that its buyer has accepted it", "接收验收通知"),
        ErrandKind::Refresh => ("take over the new end", "更新到期时间"),
        ErrandKind::Convert => ("take over what was tried", "将试用转为正式"),
        ErrandKind::Check | ErrandKind::Upgrade => ("change", "变更实例"),
        ErrandKind::Freeze => ("freeze", "冻结实例"),
        ErrandKind::Unfreeze => ("unfreeze", "解冻实例"),
        ErrandKind::Release => ("release", "释放实例"),
    };
    (what, ("What stays usable meanwhile is at your cost.", "，期间资源仍可使用所造成的损失由贵方承担。"))
}

/// The same of what it was told of a code at its seller's wish. What the code is worth is decided here.
fn of_code(kind: ErrandKind) -> (Phrase, Phrase) {
    let what = match kind {
        ErrandKind::Notify => ("take note of an order", "接收订单通知"),
        ErrandKind::Create
        | ErrandKind::Accept
        | ErrandKind::Access
        | ErrandKind::Convert
        | ErrandKind::Check
        | ErrandKind::Upgrade
        | ErrandKind::Refresh => ("take over the new end of a code", "更新授权码到期时间"),
        ErrandKind::Freeze => ("freeze a code", "冻结授权码"),
        ErrandKind::Unfreeze => ("unfreeze a code", "解冻授权码"),
        ErrandKind::Release => ("release a code", "释放授权码"),
    };
    let meanwhile = (
        "Activations and heartbeats of the code are answered as it stands here.",
        "。授权码的激活和心跳仍按平台记录的状态应答。",
    );
    (what, meanwhile)
}
