/** Among the most used packages of NuGet, as of 2025. */
export const popularNuget = `
AutoFixture AutoMapper Autofac AWSSDK.Core AWSSDK.S3 Azure.Core Azure.Identity Azure.Storage.Blobs BenchmarkDotNet BouncyCastle
BouncyCastle.Cryptography Castle.Core CommandLineParser Confluent.Kafka coverlet.collector CsvHelper Dapper DnsClient DocumentFormat.OpenXml
DotNetZip Elasticsearch.Net EntityFramework EPPlus FluentAssertions FluentValidation Google.Protobuf GraphQL Grpc.Core Grpc.Net.Client
Hangfire HtmlAgilityPack Humanizer IdentityModel IdentityServer4 Ionic.Zip JetBrains.Annotations log4net MailKit MassTransit MediatR
MessagePack Microsoft.AspNetCore.Authentication.JwtBearer Microsoft.AspNetCore.Mvc Microsoft.AspNetCore.OpenApi Microsoft.Azure.Cosmos
Microsoft.Bcl.AsyncInterfaces Microsoft.CodeAnalysis Microsoft.CodeAnalysis.CSharp Microsoft.CSharp Microsoft.Data.SqlClient
Microsoft.Data.Sqlite Microsoft.EntityFrameworkCore Microsoft.EntityFrameworkCore.Design Microsoft.EntityFrameworkCore.SqlServer
Microsoft.Extensions.Caching.Memory Microsoft.Extensions.Configuration Microsoft.Extensions.Configuration.Json
Microsoft.Extensions.DependencyInjection Microsoft.Extensions.Hosting Microsoft.Extensions.Http Microsoft.Extensions.Logging
Microsoft.Extensions.Options Microsoft.Graph Microsoft.Identity.Client Microsoft.IdentityModel.Tokens Microsoft.NET.Test.Sdk
Microsoft.NETCore.Platforms Microsoft.OpenApi Microsoft.Win32.Registry Microsoft.Win32.SystemEvents MimeKit MiniProfiler Moq
MongoDB.Bson MongoDB.Driver MySql.Data MySqlConnector NBuilder Newtonsoft.Json NLog NodaTime Npgsql NSubstitute NUnit NUnit3TestAdapter
NuGet.Frameworks Octokit OpenTelemetry OpenTelemetry.Api Oracle.ManagedDataAccess Owin Polly Pomelo.EntityFrameworkCore.MySql
Portable.BouncyCastle protobuf-net Quartz RabbitMQ.Client RazorEngine RestSharp Refit Scrutor Selenium.WebDriver SendGrid Serilog
Serilog.AspNetCore Serilog.Sinks.Console Serilog.Sinks.File SharpCompress SharpZipLib SixLabors.ImageSharp SkiaSharp
SQLitePCLRaw.core StackExchange.Redis Stripe.net Swashbuckle.AspNetCore System.Buffers System.CodeDom System.Collections.Immutable
System.ComponentModel.Annotations System.Configuration.ConfigurationManager System.Data.SqlClient System.Diagnostics.DiagnosticSource
System.Drawing.Common System.IdentityModel.Tokens.Jwt System.IO.Pipelines System.Memory System.Net.Http System.Numerics.Vectors
System.Reactive System.Reflection.Emit System.Runtime.CompilerServices.Unsafe System.Security.AccessControl
System.Security.Cryptography.ProtectedData System.Security.Permissions System.Text.Encodings.Web System.Text.Json
System.Threading.Channels System.Threading.Tasks.Extensions System.ValueTuple TimeZoneConverter Unity WindowsAzure.Storage xunit
xunit.assert xunit.core xunit.runner.visualstudio YamlDotNet ZooKeeperNetEx
`;
