"""What PostgreSQL says to a login that it refuses, in each language that it has.

libpq keeps no SQLSTATE of a login that failed, only the server's words, which are in the language
of its `lc_messages`. From the message catalogues of PostgreSQL 17 (`postgres-17.mo`), of the two
messages "password authentication failed for user" and "role is not permitted to log in".
"""

# ruff: noqa: RUF001 - Turkish has an i without a dot

import re

_SENTENCES = (
    'password authentication failed for user "%s"',
    'role "%s" is not permitted to log in',
    "Passwort-Authentifizierung für Benutzer »%s« fehlgeschlagen",
    "Rolle »%s« hat keine Berechtigung zum Einloggen",
    "la autentificación password falló para el usuario «%s»",
    "al rol «%s» no se le permite conectarse",
    "authentification par mot de passe échouée pour l'utilisateur  « %s »",
    "le rôle « %s » n'est pas autorisé à se connecter",
    "password gagal diotentikasi untuk pengguna  « %s »",
    "role « %s » tidak diperbolehkan untuk log in",
    'autenticazione con password fallita per l\'utente "%s"',
    'al ruolo "%s" non è consentito effettuare il login',
    'ユーザー"%s"のパスワード認証に失敗しました',
    'ロール"%s"はログインが許可されません',
    'პაროლით ავთენტიფიკაცია მომხმარებლისთვის "%s" ვერ მოხერხდა',
    "როლს შესვლის უფლება არ აქვს: %s",
    '사용자 "%s"의 password 인증을 실패했습니다',
    '"%s" 롤은 접속을 허용하지 않음',
    'autoryzacja hasłem nie powiodła się dla użytkownika "%s"',
    'rola "%s" nie zezwala na logowanie',
    'autenticação do tipo senha falhou para o usuário "%s"',
    'role "%s" não tem permissão para entrar',
    'пользователь "%s" не прошёл проверку подлинности (по паролю)',
    'для роли "%s" вход запрещён',
    'Lösenordsautentisering misslyckades för användare "%s"',
    'roll "%s" tillåts inte logga in',
    '"%s" kullanıcısı için şifre doğrulaması başarısız oldu',
    '"%s" rolünun sisteme giriş hakkı yoktur',
    'користувач "%s" не пройшов автентифікацію за допомогою пароля',
    'для ролі "%s" вхід не дозволений',
    '用户 "%s" 的密码认证失败',
    '不允许角色 "%s" 进行登录',
    '密碼驗證使用者 "%s" 失敗',
    '不允許角色 "%s" 登入',
)
REFUSED = re.compile("|".join(re.escape(each).replace("%s", ".*") for each in _SENTENCES))
