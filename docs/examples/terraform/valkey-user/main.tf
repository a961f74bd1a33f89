# A user of Valkey or Redis, by ValkeyUser, and the admin who sets its password.
# Needs of the functions' stack: ValkeyUser with ValkeyUserAdminSetsPassword=true, SubnetIds with a way
# to the server, and TargetPorts with 6379. Create both users with the passwords that their secrets
# have, the rights of docs/valkey.md, and ACL SAVE, before the first rotation. Where the server has
# other nodes, put nodes = ["cache-2.example.org:6379"] into both documents.

variable "host" {
  type        = string
  description = "The server's name as its certificate has it"
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
  name        = "rotation-admin/orders-valkey-terraform"
  description = "Who sets the password"
  kms_key_arn = var.admin_kms_key_arn
  document    = { engine = "valkey", host = var.host, port = 6379, username = "rotation_admin" }
}

module "secret" {
  source      = "../secret"
  name        = "orders-valkey-terraform"
  description = "User app"
  kms_key_arn = var.kms_key_arn
  function    = "ValkeyUser"
  document = {
    engine    = "valkey"
    host      = var.host
    port      = 6379
    username  = "app"
    masterarn = module.admin.arn
  }
}

output "secret_arn" {
  value = module.secret.arn
}
