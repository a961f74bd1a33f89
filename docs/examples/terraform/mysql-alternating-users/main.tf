# Two MySQL or MariaDB users that take turns, by MySqlAlternatingUsers, and the admin who sets their passwords.
# Needs of the functions' stack: MySqlAlternatingUsers, and SubnetIds with a way to the database. Create
# the admin and the user with the passwords that their secrets have, and the rights that
# docs/strategies.md says, before the first rotation.

variable "host" {
  type        = string
  description = "The database's name as its certificate has it"
}

variable "kms_key_arn" {
  type        = string
  default     = null
  description = "The customer key of the secret; null for aws/secretsmanager"
}

variable "admin_kms_key_arn" {
  type        = string
  default     = null
  description = "The customer key of the admin's secret; null for aws/secretsmanager"
}

module "admin" {
  source      = "../secret"
  name        = "rotation-admin/db-mysql"
  description = "Who sets the passwords of both users"
  kms_key_arn = var.admin_kms_key_arn
  document    = { engine = "mysql", host = var.host, port = 3306, username = "rotation_admin" }
}

module "secret" {
  source      = "../secret"
  name        = "orders-mysql-pair-terraform"
  description = "User app and its clone, in turn"
  kms_key_arn = var.kms_key_arn
  function    = "MySqlAlternatingUsers"
  document = {
    engine    = "mysql"
    host      = var.host
    port      = 3306
    dbname    = "orders"
    username  = "app"
    masterarn = module.admin.arn
  }
}

output "secret_arn" {
  value = module.secret.arn
}
