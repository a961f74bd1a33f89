# A secret whose first value is in no state, no plan and no variable; the other modules here use it.
# Its rotation is Secrets Manager's: Terraform sends the value once, and the schedule when you change it.

terraform {
  # 1.11 is the first that has write-only arguments.
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }
}

variable "name" {
  type        = string
  description = "The secret's name; any, as functions touch what they are attached to"
}

variable "description" {
  type = string
}

variable "document" {
  type        = any
  description = "What is in the secret beside the password or key, as docs/secrets.md says"
}

variable "generated" {
  type        = string
  default     = "password"
  description = "The field that gets a random value of 32 characters"
}

variable "function" {
  type        = string
  default     = null
  description = "Such as PostgresSingleUser; null for an admin's secret, which none rotates"
}

variable "functions_stack" {
  type        = string
  default     = "secret-rotators"
  description = "The functions' stack, which keeps their ARNs as SSM parameters"
}

variable "schedule" {
  type        = string
  default     = "cron(0 3 1 * ? *)"
  description = "As RotateSecret takes it, in UTC"
}

variable "kms_key_arn" {
  type        = string
  default     = null
  description = "The customer key of the secret; null for aws/secretsmanager"
}

variable "secret_tag_value" {
  type        = string
  default     = "secret-rotators"
  description = "The secret's tag rotated-by; the functions' own SecretTagValue, where they have one"
}

# Secrets Manager makes it. In no state and no plan.
ephemeral "aws_secretsmanager_random_password" "first" {
  password_length     = 32
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "this" {
  name        = var.name
  description = var.description
  kms_key_id  = var.kms_key_arn
  tags        = var.function == null ? {} : { "rotated-by" = var.secret_tag_value }

  lifecycle {
    prevent_destroy = true
  }
}

# Write-only: the value is sent once and is in no state. The first version is AWSCURRENT whatever its
# labels. INITIAL keeps it from being pruned after a hundred rotations, when Terraform would make
# another one; and should it ever be made anew, AWSCURRENT stays with what the last rotation made.
resource "aws_secretsmanager_secret_version" "first" {
  secret_id                = aws_secretsmanager_secret.this.id
  version_stages           = ["INITIAL"]
  secret_string_wo_version = 1
  secret_string_wo = jsonencode(merge(var.document, {
    (var.generated) = ephemeral.aws_secretsmanager_random_password.first.random_password
  }))

  lifecycle {
    ignore_changes = [version_stages] # rotations move AWSCURRENT and AWSPREVIOUS
  }
}

data "aws_ssm_parameter" "function" {
  count = var.function == null ? 0 : 1
  name  = "/${var.functions_stack}/${var.function}Arn"
}

resource "aws_secretsmanager_secret_rotation" "this" {
  count               = var.function == null ? 0 : 1
  secret_id           = aws_secretsmanager_secret.this.id
  rotation_lambda_arn = data.aws_ssm_parameter.function[0].insecure_value
  # Applying tests the function, and changes no password.
  rotate_immediately = false

  rotation_rules {
    schedule_expression = var.schedule
    duration            = "2h"
  }

  # RotateSecret is refused for a secret without a value.
  depends_on = [aws_secretsmanager_secret_version.first]
}

output "arn" {
  value = aws_secretsmanager_secret.this.arn
}
