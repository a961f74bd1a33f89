# A PostgreSQL user whose password PostgresSingleUser rotates.
# Needs of the functions' stack: PostgresSingleUser, SecretPrefix=rotated/, and SubnetIds with a way
# to the database. Create the user with the password that the secret has, before the first rotation.

terraform {
  # 1.11 is the first that has write-only arguments.
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
    random = {
      source  = "hashicorp/random"
      version = ">= 3.7.1"
    }
  }
}

variable "rotation_function_arn" {
  type        = string
  description = "An output of the functions' stack"
}

variable "host" {
  type        = string
  description = "The database's name as its certificate has it"
}

variable "secret_tag_value" {
  type        = string
  default     = "secret-rotators"
  description = "The secret's tag rotated-by; the functions' own SecretTagValue, where they have one"
}

# In no state and no plan.
ephemeral "random_password" "initial" {
  length  = 32
  special = false
}

resource "aws_secretsmanager_secret" "app" {
  name        = "rotated/orders-terraform"
  description = "User app of the database orders"
  tags        = { "rotated-by" = var.secret_tag_value }

  lifecycle {
    prevent_destroy = true
  }
}

# Write-only: the value is sent once and is in no state. The first version is AWSCURRENT whatever its
# labels. INITIAL keeps it from being pruned after a hundred rotations, when Terraform would make
# another one; and should it ever be made anew, AWSCURRENT stays with what the last rotation made.
resource "aws_secretsmanager_secret_version" "initial" {
  secret_id                = aws_secretsmanager_secret.app.id
  version_stages           = ["INITIAL"]
  secret_string_wo_version = 1
  secret_string_wo = jsonencode({
    engine   = "postgres"
    host     = var.host
    port     = 5432
    dbname   = "orders"
    username = "app"
    password = ephemeral.random_password.initial.result
  })

  lifecycle {
    ignore_changes = [version_stages] # rotations move AWSCURRENT and AWSPREVIOUS
  }
}

resource "aws_secretsmanager_secret_rotation" "app" {
  secret_id           = aws_secretsmanager_secret.app.id
  rotation_lambda_arn = var.rotation_function_arn
  # Applying tests the function, and changes no password.
  rotate_immediately = false

  rotation_rules {
    schedule_expression = "cron(0 3 1 * ? *)"
    duration            = "2h"
  }

  # RotateSecret is refused for a secret without a value.
  depends_on = [aws_secretsmanager_secret_version.initial]
}

output "secret_arn" {
  value = aws_secretsmanager_secret.app.arn
}
