# 试用：购买前先免费用。
convert-back = 返回试用
convert-begins = 付费期限自本次下单时起算，试用剩余时间不累加。
convert-coupons = 商家给您账号的折扣会自动计入；优惠券仅适用于在商品页购买。
convert-length = 购买时长
convert-recompute = 查看价格
convert-same = 同一实例继续使用，数据全部保留，无须重新配置。
convert-term = 付费期限
convert-title = 购买正在试用的商品
convert-what = 购买之后
done-trial-bought = 购买成功，可继续使用
done-trial-started = 试用已开始，正在开通
done-trials-saved = 已保存，对此后开始的试用生效
errand-kind-convert = 试用转正式
instance-after-trial =
    { $count ->
        [0] 试用结束后不产生任何费用，数据随即释放。
       *[other] 试用结束后不产生任何费用：资源将被冻结，数据保留 { $count } 天。
    }
instance-trial = 试用
instance-trial-buy = 购买并继续使用
instance-trial-ended = 试用已结束并被冻结，未产生任何费用。数据保留至 { $time }。
instance-trial-until = 当前为试用，将于 { $time } 结束；试用免费，不会自动转为购买。
listing-field-trial-days = 免费试用
listing-trial-days = 免费试用天数
listing-trial-days-hint = { $min } 到 { $max } 天，留空表示不提供试用。适用于按月或按年付费的 SaaS，每个账号每个规格只能试用一次。
order-kind-all = 全部
order-kind-conversion = 试用转正式
order-kind-label = 类型
order-kind-new = 新购
order-kind-trial = 试用
order-moment-ended = 未能开通，已结束
search-trial = 试用
search-trial-free = 可免费试用
storefront-need-text-trial = 先用几天真实环境，再决定买不买。
storefront-need-trial = 先免费试用
storefront-trial = 免费试用
storefront-trial-days = 免费试用 { $count } 天
storefront-trial-not-not-listed = 商家仅向指定账号开放该试用，可联系商家，或使用指定账号登录。
storefront-trial-not-not-offered = 该规格不提供试用。
storefront-trial-not-sold-out = 已售罄，暂时不能试用。
storefront-trial-not-tried = 您的账号已试用过该规格，每个账号只能试用一次。
storefront-trial-start = 免费试用 { $count } 天
storefront-trial-text = 试用上方所选的配置，到期自动结束，不会产生任何费用。
trial-after = 试用结束后
trial-after-frozen =
    { $count ->
        [0] 若未购买，数据随即释放。
       *[other] 资源将被冻结，数据再保留 { $count } 天，随后释放。
    }
trial-after-nothing = 不产生任何费用，也不会自动转为购买。到期前会提醒您。
trial-after-once = 每个账号只能试用该规格一次。
trial-agreement = 开始试用即表示您接受商家的服务协议。
trial-agreement-read = 阅读协议
trial-back = 返回商品页
trial-free = 共 { $count } 天
trial-length = 试用时长
trial-now-completed = 已开通。访问方式和试用截止时间见资源详情。
trial-now-failing = 暂未开通，系统正在重试。如最终未能开通，不计入试用次数。
trial-now-paid = 试用已开始，正在开通。几分钟内即可使用，开通后会通知您。
trial-now-refunded = 未能开通，本次试用已结束，不计入试用次数，可在商品页重新开始。
trial-own = 这是您自己的商品，可通过测试地址了解开通过程。
trial-price = 免费试用
trial-quantities = 所选数量
trial-role = 您的角色不能下单，可请有权限的同事开始试用。
trial-start = 开始试用
trial-title = 免费试用
trial-until = 截止时间
trial-until-hint = 自开通时起算
trial-unverified = 试用与购买一样，须先完成账号的实名认证。
trials-at-once = 无需审核，立即生效；已开始的试用不受影响。
trials-editions = 提供试用的规格
trials-for = 试用对象
trials-for-everybody = 所有可购买的账号
trials-for-hint-everybody = 每个账号每个规格一次。列表和搜索中会标明可免费试用。
trials-for-hint-listed = 其他账号能看到不能试用的原因，列表和搜索中不标明试用。
trials-for-listed = 白名单中的账号
trials-lead = 设置谁可以免费试用该商品。
trials-list = 试用白名单
trials-list-empty = 白名单中还没有账号。
trials-list-text = 试用对象为白名单时，只有以下账号可以开始试用。添加时，系统会通知对方。
trials-none = 在售规格均不提供试用。可在规格中填写试用天数并提交，审核通过后生效。
trials-none-go = 前往规格
trials-title = 试用
trials-who = 查看试用客户
