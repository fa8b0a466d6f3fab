# 已购资源：实例、授权码、退订。
instance-after-grace =
    { $count ->
        [0] 到期后可继续使用至 { $time }，之后释放，释放前均可续费。
       *[other] 到期后可继续使用至 { $time }，之后冻结保留 { $count } 天，随后释放，释放前均可续费。
    }
instance-after-term =
    { $count ->
        [0] 到期后释放，释放前均可续费。
       *[other] 到期后冻结保留 { $count } 天，随后释放，释放前均可续费。
    }
instance-buy-again = 再次购买
instance-ended-arrears = 用量费用逾期未付，资源已释放。
instance-ended-buyer = 您已关闭该资源。
instance-ended-expiry = 期限已到，资源已释放。
instance-ended-operator = 已由运营方终止。
instance-ended-refund = 已退订，款项已退回钱包。
instance-expired-text = 期限已到，资源已冻结。续费后可继续使用，否则将于 { $time } 释放。
instance-facts = 详情
instance-grace-text =
    { $count ->
        [0] 期限已到，宽限期内可继续使用至 { $time }，之后将被释放。续费后可继续使用，新的期限自原到期时间起算。
       *[other] 期限已到，宽限期内可继续使用至 { $time }，之后将被冻结，{ $count } 天后释放。续费后可继续使用，新的期限自原到期时间起算。
    }
instance-id = ID
instance-name = 商品
instance-order = 订单
instance-price = 价格构成
instance-quantities = 购买数量
instance-seller = 商家
instance-since = 开通时间
instance-sku = 购买内容
instance-sku-code = SKU 编码
instance-state-active = 使用中
instance-state-all = 全部
instance-state-expired = 已到期冻结
instance-state-grace = 已到期，宽限中
instance-state-label = 状态
instance-state-released = 已结束
instance-term = 期限
instance-unlimited = 长期有效
instance-until = 到期时间

instances-lead = 账号拥有的全部资源，以及对应的授权码和期限。
instances-none = 还没有已购资源
instances-none-go = 去逛逛商品
instances-none-such = 没有符合条件的资源
instances-none-such-text = 换一个状态，或清除筛选条件。
instances-none-text = 购买后几秒内就会显示在这里，随时可用。
instances-title = 已购资源

licence-activated = 激活时间
licence-active-clients = 软件统计的活跃数
licence-audited = 每次查看授权码都会记入下方的历史。
licence-back = 返回资源详情
licence-clients = 上报的客户端数
licence-code = 授权码
licence-day = 日期
licence-event-activated = 软件激活
licence-event-amended = 已变更
licence-event-expired = 到期
licence-event-file-issued = 下载授权文件
licence-event-issued = 生成授权码
licence-event-released = 释放
licence-event-renewal-returned = 退订续费
licence-event-renewed = 续费
licence-event-revealed = 查看授权码
licence-file = 下载授权文件
licence-file-text = 供无法联网的软件使用的签名文件，其中写明到期时间，签发后无法撤回。
licence-first-seen = 首次心跳
licence-from = 来源
licence-heartbeats = 心跳次数
licence-heartbeats-daily = 每日心跳
licence-history = 历史
licence-how = 在软件中输入授权码即可激活。每个授权码只能激活一次。
licence-last-seen = 最近心跳
licence-month = 月份
licence-month-show = 查看
licence-no-use = 该月没有心跳和用量记录。
licence-not-yet = 暂无
licence-offline = 软件无法联网
licence-reported = 上报用量
licence-role = 当前角色没有查看授权码的权限。
licence-show = 显示授权码
licence-state-active = 使用中
licence-state-created = 未激活
licence-state-expired = 已到期
licence-state-released = 已释放
licence-use = 使用情况
licence-what = 事件
licence-when = 时间

return-amount = 退回钱包
return-back = 返回
return-confirm = 确认退订，退回 { $amount }
return-go = 退订…
return-keep = 继续使用
return-reason = 退订原因
return-reason-hint = 可帮助商家改进。
return-refused-allowance-used = 今年的无理由退订次数已经用完。
return-refused-not-returnable = 该类商品不支持无理由退订，可联系商家的售后支持。
return-refused-package-used = 该套餐包已有用量抵扣。只有未使用的套餐包可以退订。
return-refused-too-late = 无理由退订的期限已过，可联系商家的售后支持。
return-refused-wrong-state = 当前状态不能退订。
return-this-year = 今年退订次数
return-title = 退订
return-until = 可退订截止
return-used = 已用 { $used } 次，共 { $allowed } 次
return-warning = 退订后授权码立即失效，且无法恢复。
return-what = 退订结果

refund-amount = 金额
refund-bought = 商品
refund-buyer = 买家
refund-cause = 原因
refund-cause-delivery-failed = 未能交付
refund-cause-no-reason = 无理由退订
refund-cause-renewal-not-begun = 续费生效前退订
refund-currency = 币种
refund-paid = 退款时间
refund-reason = 退订说明
refund-seller = 商家
refunds-all-lead = 所有账号的退款，最新的在前。
refunds-none = 没有退款
refunds-none-text = 退回钱包的款项及原因会列在这里。
refunds-own-lead = 退回钱包的款项及原因。
refunds-sold-lead = 退还给客户的款项及原因。
refunds-title = 退款

done-returned = 已退订，款项已退回钱包。
