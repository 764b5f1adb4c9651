//! Simplified Chinese. On the left a sentence as this door says it in English, `{}` where a name or a value stands; on
//! the right the translation, with the places by number. The first that fits counts: particular ones come first.

use super::LetterWords;

pub const LETTER: LetterWords = LetterWords {
    subject: "为您的帐户设置新密码",
    text: "您好：\n\n有人（希望是您本人）为您的帐户申请了新密码。请在一小时内打开以下链接设置新密码，该链接只能使用一次：\n\n\
           {link}\n\n如果不是您本人的操作，无需理会，您的密码不会改变。\n",
};

pub const SENTENCES: &[(&str, &str)] = &[
    // Who one is, and what one may do.
    ("Unauthenticated. Please sign in to continue.", "尚未登录，请先登录。"),
    ("Your session has expired. Please sign in again.", "登录已失效，请重新登录。"),
    ("User not found. Please sign in again to continue.", "该用户已不存在，请重新登录。"),
    ("The current user has no roles. Please try another account.", "当前用户没有任何角色，请换一个帐户。"),
    ("The role does not belong to the user", "该用户没有这个角色"),
    ("No permissions", "没有权限"),
    ("The API key may not be used from this address", "不允许从此地址使用该 API 密钥"),
    ("The API key has no uses left", "该 API 密钥的可用次数已用完"),
    ("Too many requests", "请求过于频繁，请稍后再试"),
    ("Not Found", "未找到"),
    ("Method Not Allowed", "不支持该请求方法"),
    ("Invalid CSRF token", "CSRF 校验未通过"),
    ("Internal Server Error", "服务器内部错误"),
    ("The server is busy, please try again", "服务器繁忙，请重试"),
    ("The server has no room left", "服务器存储空间已满"),
    // Signing in and up, passwords.
    ("Please enter your username or email", "请填写用户名或邮箱"),
    (
        "The username/email or password is incorrect, please re-enter",
        "用户名（邮箱）或密码不正确，请重新填写",
    ),
    ("The password is incorrect, please re-enter", "密码不正确，请重新填写"),
    ("The password is inconsistent, please re-enter", "两次填写的密码不相同，请重新填写"),
    ("Not allowed to sign up", "未开放注册"),
    ("Please enter a valid username", "请填写有效的用户名"),
    ("Please enter a valid email address", "请填写有效的邮箱地址"),
    ("Please enter {}", "请填写 {0}"),
    ("Please fill in your email address", "请填写您的邮箱地址"),
    ("Incorrect email format", "邮箱格式不正确"),
    ("Not allowed to reset password", "不允许重置密码"),
    ("Token expired", "链接已失效"),
    (
        "Passwords cannot be reset by email here. Please ask an administrator for a new one",
        "此处不能通过邮件重置密码，请联系管理员",
    ),
    ("password: must be {} to {} characters long", "password：长度必须为 {0} 到 {1} 个字符"),
    ("password: is needed", "password：必须填写"),
    ("username: must not contain blanks or @", "username：不能包含空格或 @"),
    ("email: must be an email address", "email：必须是邮箱地址"),
    ("email: a user needs an email address or a username", "email：用户必须有邮箱或用户名"),
    ("Please keep and enable at least one authenticator", "至少要保留并启用一种登录方式"),
    (
        "AuthType [{}] is not found. Here it is {}; OpenID Connect comes with a later version",
        "没有登录类型 [{0}]。目前可用 {1}，OpenID Connect 将在以后的版本提供",
    ),
    // Roles.
    ("Role not found", "未找到该角色"),
    ("Role name already exists", "角色名称已存在"),
    ("Role UID already exists", "角色标识已存在"),
    ("Invalid role mode", "角色模式无效"),
    ("default_role: must be one of the roles held", "default_role：必须是该用户已有的角色之一"),
    ("only root makes root users", "只有 root 可以创建 root 用户"),
    ("only root may do this to a root user", "只有 root 可以对 root 用户这样做"),
    ("only root gives the role for everything", "只有 root 可以授予拥有全部权限的角色"),
    ("the role {} allows more than you may do", "角色 {0} 的权限超出了您的权限"),
    (
        "the user holds the role {}, which allows more than you may do",
        "该用户的角色 {0} 的权限超出了您的权限",
    ),
    // Collections, records and filters.
    ("to do {} action, filter or filterByTk is required", "执行 {0} 操作需要 filter 或 filterByTk"),
    ("Invalid SQL column or table reference", "没有这个字段或数据表"),
    ("Collection named {} already exists", "名为 {0} 的数据表已存在"),
    ("Field name {} already exists in collection {}", "数据表 {1} 中已有名为 {0} 的字段"),
    ("filter is not valid JSON", "filter 不是有效的 JSON"),
    ("filter must be an object", "filter 必须是对象"),
    ("unknown filter operator {}", "未知的筛选运算符 {0}"),
    ("unknown variable {} in filter", "filter 中有未知的变量 {0}"),
    ("the body must be an object", "请求体必须是对象"),
    ("the body must be a list of keys", "请求体必须是主键列表"),
    ("the body is not UTF-8", "请求体不是 UTF-8"),
    ("there are more than {} records; ask for them page by page", "记录超过 {0} 条，请分页查询"),
    ("there can be at most {} {}", "{1} 最多只能有 {0} 个"),
    ("at most {} records can be created at once", "一次最多创建 {0} 条记录"),
    ("at most {} records can be linked at once", "一次最多关联 {0} 条记录"),
    ("{}: {} must be at least {} characters long", "{0}：{1} 至少需要 {2} 个字符"),
    ("{}: {} is required", "{0}：{1} 必须填写"),
    ("{} is required", "{0} 必须填写"),
    ("{} already exists", "{0} 已存在"),
    ("{} must be a text", "{0} 必须是文本"),
    ("{} must be true or false", "{0} 必须是 true 或 false"),
    ("{} must be a whole number", "{0} 必须是整数"),
    ("{} must be an object", "{0} 必须是对象"),
    ("{} must be a list of names", "{0} 必须是名称列表"),
    ("{} must be a list", "{0} 必须是列表"),
];
