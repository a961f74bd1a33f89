# A MySQL or MariaDB user whose password MySqlSingleUser rotates.
# Needs of the functions' stack: MySqlSingleUser, and SubnetIds with a way to the database. Create the
# user with the password that the secret has, before the first rotation.

variable "host" {
  type        = string
  description = "The database's name as its certificate has it"
}

variable "kms_key_arn" {
  type        = string
  default     = null
  description = "The customer key of the secret; null for aws/secretsmanager"
}

module "secret" {
  source      = "../secret"
  name        = "orders-mysql-terraform"
  description = "User app of the database orders"
  kms_key_arn = var.kms_key_arn
  function    = "MySqlSingleUser"
  document    = { engine = "mysql", host = var.host, port = 3306, dbname = "orders", username = "app" }
}

output "secret_arn" {
  value = module.secret.arn
}
